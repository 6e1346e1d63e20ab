// thread_local variables: one for each thread, constructed at first use, destroyed at its end.
#include <raddle/gtest.hpp>

#include <cerrno>
#include <string>
#include <thread>

namespace {

thread_local int number = 5;
thread_local std::string text = std::string(40, 't');

RADDLE_TEST(ThreadLocal, BelongsToItsThread) {
  EXPECT_EQ(number, 5);
  number = 1;
  auto use = [] {
    EXPECT_EQ(number, 5);
    ++number;
    std::this_thread::yield();
    EXPECT_EQ(number, 6);
    text += 'x';
    std::this_thread::yield();
    EXPECT_EQ(text.size(), 41u);
  };
  std::thread a{use}, b{use};
  a.join();
  b.join();
  EXPECT_EQ(number, 1);
  number = 5;
}

RADDLE_TEST(ThreadLocal, StartsAfreshInEveryThread) {
  // One after another, so that the second may get the storage of the first.
  for (int i = 0; i < 3; ++i) {
    std::thread thread{[] {
      EXPECT_EQ(number, 5);
      EXPECT_EQ(text.size(), 40u);
      number = 6;
      text.clear();
    }};
    thread.join();
  }
}

// Tells when it is constructed and destroyed.
struct Counted {
  Counted() { ++alive; }
  ~Counted() {
    --alive;
    ++destroyed;
  }
  static int alive, destroyed;
};
int Counted::alive;
int Counted::destroyed;

// In a function, so that only who calls it constructs one.
Counted& counted() {
  thread_local Counted instance;
  return instance;
}

RADDLE_TEST(ThreadLocal, IsDestroyedBeforeItsThreadIsJoined) {
  Counted::alive = Counted::destroyed = 0;
  std::thread user{[] {
    [[maybe_unused]] auto* constructed = &counted();
    EXPECT_EQ(Counted::alive, 1);
  }};
  user.join();
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_EQ(Counted::destroyed, 1);
}

RADDLE_TEST(ThreadLocal, OfAThreadThatDoesNotUseItIsNotConstructed) {
  Counted::alive = 0;
  std::thread other{[] {}};
  other.join();
  EXPECT_EQ(Counted::alive, 0);
}

TEST(ThreadLocal, DestructorsOfTwoThreadsRaceLikeAnyCode) {
  EXPECT_THAT(raddle::explore([] {
                Counted::alive = Counted::destroyed = 0;
                auto use = [] { [[maybe_unused]] auto* constructed = &counted(); };
                std::thread a{use}, b{use};
                a.join();
                b.join();
              }),
              raddle::FindsRace());
}

TEST(ThreadLocal, GivenToAnotherThreadIsShared) {
  EXPECT_THAT(raddle::explore([] {
                int* mine = &number;
                std::thread other{[=] { ++*mine; }};
                ++number;
                other.join();
              }),
              raddle::FindsRace());
}

RADDLE_TEST(ThreadLocal, ErrnoBelongsToItsThread) {
  errno = 1;
  std::thread other{[] {
    EXPECT_EQ(errno, 0);
    errno = 2;
    std::this_thread::yield();
    EXPECT_EQ(errno, 2);
  }};
  std::this_thread::yield();
  EXPECT_EQ(errno, 1);
  other.join();
}

}  // namespace
