// Thread-specific data and pthread_once.
#include <raddle/gtest.hpp>

#include <pthread.h>
#include <thread>

namespace {

int destroyed;
void count(void* value) { destroyed += *static_cast<int*>(value); }

RADDLE_TEST(PthreadKey, HoldsOneValueForEachThread) {
  pthread_key_t key;
  EXPECT_EQ(pthread_key_create(&key, nullptr), 0);
  int mine = 1, other = 2;
  pthread_setspecific(key, &mine);
  std::thread thread{[&] {
    EXPECT_EQ(pthread_getspecific(key), nullptr);
    pthread_setspecific(key, &other);
    std::this_thread::yield();
    EXPECT_EQ(pthread_getspecific(key), &other);
  }};
  std::this_thread::yield();
  EXPECT_EQ(pthread_getspecific(key), &mine);
  thread.join();
  EXPECT_EQ(pthread_key_delete(key), 0);
}

RADDLE_TEST(PthreadKey, DestroysItsValueBeforeTheThreadIsJoined) {
  destroyed = 0;
  int value = 5;
  pthread_key_t key;
  pthread_key_create(&key, count);
  std::thread user{[&] { pthread_setspecific(key, &value); }};
  user.join();
  EXPECT_EQ(destroyed, 5);
  std::thread idle{[] {}};
  idle.join();
  EXPECT_EQ(destroyed, 5);
  pthread_key_delete(key);
}

RADDLE_TEST(PthreadKey, ADestructorMaySetAnotherValue) {
  static pthread_key_t first, second;
  static int value;
  value = 1;
  destroyed = 0;
  pthread_key_create(&second, count);
  pthread_key_create(&first, [](void*) { pthread_setspecific(second, &value); });
  std::thread user{[] { pthread_setspecific(first, &value); }};
  user.join();
  EXPECT_EQ(destroyed, 1);
  pthread_key_delete(first);
  pthread_key_delete(second);
}

RADDLE_TEST(PthreadKey, OfADeletedKeyIsNotDestroyed) {
  destroyed = 0;
  int value = 5;
  std::thread user{[&] {
    pthread_key_t key;
    pthread_key_create(&key, count);
    pthread_setspecific(key, &value);
    pthread_key_delete(key);
  }};
  user.join();
  EXPECT_EQ(destroyed, 0);
}

int runs;
void initialise() { ++runs; }

RADDLE_TEST(PthreadOnce, RunsOnceForAll) {
  runs = 0;
  pthread_once_t once = PTHREAD_ONCE_INIT;
  auto use = [&] {
    EXPECT_EQ(pthread_once(&once, initialise), 0);
    EXPECT_EQ(runs, 1);
  };
  std::thread a{use}, b{use};
  a.join();
  b.join();
}

TEST(PthreadOnce, WithAControlEachIsARace) {
  EXPECT_THAT(raddle::explore([] {
                runs = 0;
                auto use = [] {
                  pthread_once_t mine = PTHREAD_ONCE_INIT;
                  pthread_once(&mine, initialise);
                };
                std::thread a{use}, b{use};
                a.join();
                b.join();
              }),
              raddle::FindsRaceOn("runs"));
}

}  // namespace
