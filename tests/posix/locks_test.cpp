// pthread mutexes of every type, reader-writer locks and spin locks.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <cerrno>
#include <ctime>
#include <pthread.h>
#include <thread>

namespace {

using raddle::tests::expect_both_answers;

// A mutex of the given type.
class Mutex {
 public:
  explicit Mutex(int type = PTHREAD_MUTEX_NORMAL) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    EXPECT_EQ(pthread_mutex_init(&mutex_, &attributes), 0);
    pthread_mutexattr_destroy(&attributes);
  }
  ~Mutex() { EXPECT_EQ(pthread_mutex_destroy(&mutex_), 0); }
  int lock() { return pthread_mutex_lock(&mutex_); }
  int try_lock() { return pthread_mutex_trylock(&mutex_); }
  int unlock() { return pthread_mutex_unlock(&mutex_); }
  pthread_mutex_t* get() { return &mutex_; }

 private:
  pthread_mutex_t mutex_;
};

timespec soon(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  ++time.tv_sec;
  return time;
}

template <class Lock, class Unlock>
void count_twice(Lock lock, Unlock unlock) {
  int counter = 0;
  auto increment = [&] {
    EXPECT_EQ(lock(), 0);
    ++counter;
    EXPECT_EQ(unlock(), 0);
  };
  std::thread a{increment}, b{increment};
  a.join();
  b.join();
  EXPECT_EQ(counter, 2);
}

void count_under_mutex(int type) {
  Mutex mutex{type};
  count_twice([&] { return mutex.lock(); }, [&] { return mutex.unlock(); });
}

RADDLE_TEST(PthreadMutex, GuardsACounter) { count_under_mutex(PTHREAD_MUTEX_NORMAL); }
RADDLE_TEST(PthreadMutex, OfErrorCheckingTypeGuardsACounter) {
  count_under_mutex(PTHREAD_MUTEX_ERRORCHECK);
}
RADDLE_TEST(PthreadMutex, OfRecursiveTypeGuardsACounter) {
  count_under_mutex(PTHREAD_MUTEX_RECURSIVE);
}
RADDLE_TEST(PthreadMutex, OfAdaptiveTypeGuardsACounter) {
  count_under_mutex(PTHREAD_MUTEX_ADAPTIVE_NP);
}

pthread_mutex_t static_mutex = PTHREAD_MUTEX_INITIALIZER;
RADDLE_TEST(PthreadMutex, MayBeStaticallyInitialised) {
  count_twice([] { return pthread_mutex_lock(&static_mutex); },
              [] { return pthread_mutex_unlock(&static_mutex); });
}

RADDLE_TEST(PthreadMutex, OfRecursiveTypeIsHeldUntilTheLastUnlock) {
  Mutex mutex{PTHREAD_MUTEX_RECURSIVE};
  EXPECT_EQ(mutex.lock(), 0);
  EXPECT_EQ(mutex.try_lock(), 0);
  EXPECT_EQ(mutex.unlock(), 0);
  std::thread other{[&] { EXPECT_EQ(mutex.try_lock(), EBUSY); }};
  other.join();
  EXPECT_EQ(mutex.unlock(), 0);
}

RADDLE_TEST(PthreadMutex, OfErrorCheckingTypeRefusesASecondLock) {
  Mutex mutex{PTHREAD_MUTEX_ERRORCHECK};
  EXPECT_EQ(mutex.lock(), 0);
  EXPECT_EQ(mutex.lock(), EDEADLK);
  EXPECT_EQ(mutex.unlock(), 0);
}

TEST(PthreadMutex, OfNormalTypeIsNotTakenTwice) {
  EXPECT_FALSE(raddle::explore([] {
                 Mutex mutex;
                 mutex.lock();
                 mutex.lock();
               }).clean());
}

TEST(PthreadMutex, UnlockedByAnotherIsMisuse) {
  for (const int type : {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_RECURSIVE}) {
    EXPECT_THAT(raddle::explore([=] {
                  Mutex mutex{type};
                  mutex.lock();
                  std::thread other{[&] { mutex.unlock(); }};
                  other.join();
                }),
                raddle::FindsMutexMisuse());
  }
}

bool trylock_succeeds() {
  Mutex mutex;
  std::thread holder{[&] {
    mutex.lock();
    mutex.unlock();
  }};
  const int error = mutex.try_lock();
  if (error == 0) mutex.unlock();
  holder.join();
  EXPECT_TRUE(error == 0 || error == EBUSY);
  return error == 0;
}
template <clockid_t clock>
bool timedlock_succeeds() {
  Mutex mutex;
  std::thread holder{[&] {
    mutex.lock();
    sched_yield();
    mutex.unlock();
  }};
  const timespec deadline = soon(clock);
  const int error = clock == CLOCK_REALTIME
                        ? pthread_mutex_timedlock(mutex.get(), &deadline)
                        : pthread_mutex_clocklock(mutex.get(), clock, &deadline);
  if (error == 0) mutex.unlock();
  holder.join();
  EXPECT_TRUE(error == 0 || error == ETIMEDOUT);
  return error == 0;
}

TEST(PthreadMutex, TrylockSucceedsOrFails) { expect_both_answers(trylock_succeeds); }
TEST(PthreadMutex, TimedlockIsInTimeOrTooLate) {
  expect_both_answers(timedlock_succeeds<CLOCK_REALTIME>);
}
TEST(PthreadMutex, ClocklockIsInTimeOrTooLate) {
  expect_both_answers(timedlock_succeeds<CLOCK_MONOTONIC>);
}

RADDLE_TEST(PthreadMutex, TimedlockRefusesATimeThatIsNone) {
  Mutex mutex;
  mutex.lock();
  const timespec nonsense{0, -1};
  std::thread other{[&] { EXPECT_EQ(pthread_mutex_timedlock(mutex.get(), &nonsense), EINVAL); }};
  other.join();
  mutex.unlock();
}

TEST(PthreadMutex, OfRobustTypeIsNamedAsUnsupported) {
  const auto report = raddle::explore([] {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  });
  EXPECT_THAT(report, raddle::Finds(raddle::FindingKind::UncontrolledBlocking));
  EXPECT_THAT(report.text(), testing::HasSubstr("robust"));
}

RADDLE_TEST(PthreadSpinlock, GuardsACounter) {
  pthread_spinlock_t lock;
  EXPECT_EQ(pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE), 0);
  count_twice([&] { return pthread_spin_lock(&lock); }, [&] { return pthread_spin_unlock(&lock); });
  EXPECT_EQ(pthread_spin_trylock(&lock), 0);
  EXPECT_EQ(pthread_spin_trylock(&lock), EBUSY);
  EXPECT_EQ(pthread_spin_unlock(&lock), 0);
  EXPECT_EQ(pthread_spin_destroy(&lock), 0);
}

// A reader-writer lock that is destroyed at the end.
struct RwLock {
  RwLock() { EXPECT_EQ(pthread_rwlock_init(&lock, nullptr), 0); }
  ~RwLock() { EXPECT_EQ(pthread_rwlock_destroy(&lock), 0); }
  int unlock() { return pthread_rwlock_unlock(&lock); }
  pthread_rwlock_t lock;
};

RADDLE_TEST(PthreadRwlock, GuardsACounter) {
  RwLock rw;
  count_twice([&] { return pthread_rwlock_wrlock(&rw.lock); }, [&] { return rw.unlock(); });
}

RADDLE_TEST(PthreadRwlock, IsSharedByReaders) {
  RwLock rw;
  EXPECT_EQ(pthread_rwlock_rdlock(&rw.lock), 0);
  std::thread other{[&] {
    EXPECT_EQ(pthread_rwlock_rdlock(&rw.lock), 0);
    EXPECT_EQ(pthread_rwlock_trywrlock(&rw.lock), EBUSY);
    EXPECT_EQ(rw.unlock(), 0);
  }};
  other.join();
  EXPECT_EQ(pthread_rwlock_tryrdlock(&rw.lock), 0);
  EXPECT_EQ(rw.unlock(), 0);
  EXPECT_EQ(rw.unlock(), 0);
  EXPECT_EQ(pthread_rwlock_wrlock(&rw.lock), 0);
  EXPECT_EQ(pthread_rwlock_wrlock(&rw.lock), EDEADLK);
  std::thread late{[&] { EXPECT_EQ(pthread_rwlock_tryrdlock(&rw.lock), EBUSY); }};
  late.join();
  EXPECT_EQ(rw.unlock(), 0);
}

bool timedrdlock_succeeds() {
  RwLock rw;
  std::thread writer{[&] {
    pthread_rwlock_wrlock(&rw.lock);
    sched_yield();
    rw.unlock();
  }};
  const timespec deadline = soon(CLOCK_REALTIME);
  const int error = pthread_rwlock_timedrdlock(&rw.lock, &deadline);
  if (error == 0) rw.unlock();
  writer.join();
  return error == 0;
}
bool clockwrlock_succeeds() {
  RwLock rw;
  std::thread reader{[&] {
    pthread_rwlock_rdlock(&rw.lock);
    sched_yield();
    rw.unlock();
  }};
  const timespec deadline = soon(CLOCK_MONOTONIC);
  const int error = pthread_rwlock_clockwrlock(&rw.lock, CLOCK_MONOTONIC, &deadline);
  if (error == 0) rw.unlock();
  reader.join();
  return error == 0;
}

TEST(PthreadRwlock, TimedrdlockIsInTimeOrTooLate) { expect_both_answers(timedrdlock_succeeds); }
TEST(PthreadRwlock, ClockwrlockIsInTimeOrTooLate) { expect_both_answers(clockwrlock_succeeds); }

TEST(PthreadRwlock, ReaderThatWantsToWriteWaitsForItself) {
  EXPECT_THAT(raddle::explore([] {
                RwLock rw;
                auto upgrade = [&] {
                  pthread_rwlock_rdlock(&rw.lock);
                  pthread_rwlock_wrlock(&rw.lock);
                  rw.unlock();
                };
                std::thread a{upgrade}, b{upgrade};
                a.join();
                b.join();
              }),
              raddle::FindsMutexMisuse());
}

}  // namespace
