// Locks of the program's own making, which tell of themselves by __tsan_mutex_*.
#include <raddle/gtest.hpp>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>

extern "C" {
void __tsan_mutex_create(void*, unsigned);
void __tsan_mutex_destroy(void*, unsigned);
void __tsan_mutex_pre_lock(void*, unsigned);
void __tsan_mutex_post_lock(void*, unsigned, int);
int __tsan_mutex_pre_unlock(void*, unsigned);
void __tsan_mutex_post_unlock(void*, unsigned);
void __tsan_check_no_mutexes_held();
}

namespace {

constexpr unsigned kWrite = 0, kRead = 1u << 3, kTry = 1u << 4, kTryFailed = 1u << 5;
constexpr unsigned kRecursiveLock = 1u << 6, kRecursiveUnlock = 1u << 7;

// Spins on a relaxed atomic: only its annotations tell what it orders.
class OwnLock {
 public:
  OwnLock() { __tsan_mutex_create(this, 0); }
  ~OwnLock() { __tsan_mutex_destroy(this, 0); }
  void lock(unsigned flags) {
    __tsan_mutex_pre_lock(this, flags);
    while (state_.exchange(1, std::memory_order_relaxed) != 0) std::this_thread::yield();
    __tsan_mutex_post_lock(this, flags, 0);
  }
  void unlock(unsigned flags) {
    __tsan_mutex_pre_unlock(this, flags);
    state_.store(0, std::memory_order_relaxed);
    __tsan_mutex_post_unlock(this, flags);
  }

 private:
  std::atomic<int> state_{0};
};

template <unsigned mine, unsigned others>
void count() {
  OwnLock lock;
  int counter = 0;
  const auto increment = [&](unsigned flags) {
    lock.lock(flags);
    ++counter;
    lock.unlock(flags);
  };
  std::thread other{increment, others};
  increment(mine);
  other.join();
  EXPECT_EQ(counter, 2);
}

void count_as_writers() { count<kWrite, kWrite>(); }
void count_as_readers() { count<kRead, kRead>(); }
void count_as_both() { count<kRead, kWrite>(); }

RADDLE_TEST(AnnotatedLock, OrdersWriters) { count_as_writers(); }
RADDLE_TEST(AnnotatedLock, OrdersAReaderAndAWriter) { count_as_both(); }
TEST(AnnotatedLock, DoesNotOrderReaders) {
  EXPECT_THAT(raddle::explore(count_as_readers), raddle::FindsRace());
}

TEST(AnnotatedLock, OrdersNothingIfItWasNotTaken) {
  EXPECT_THAT(raddle::explore([] {
                OwnLock lock;
                int counter = 0;
                std::thread other{[&] {
                  lock.lock(kWrite);
                  ++counter;
                  lock.unlock(kWrite);
                }};
                __tsan_mutex_pre_lock(&lock, kTry);
                __tsan_mutex_post_lock(&lock, kTry | kTryFailed, 0);
                ++counter;
                other.join();
              }),
              raddle::FindsRace());
}

RADDLE_TEST(AnnotatedLock, TellsHowOftenItWasHeld) {
  OwnLock lock;
  for (int i = 0; i < 3; ++i) __tsan_mutex_post_lock(&lock, kWrite, 0);
  // As a wait on a condition does: wholly released, and taken back as it was.
  EXPECT_EQ(__tsan_mutex_pre_unlock(&lock, kRecursiveUnlock), 3);
  __tsan_check_no_mutexes_held();
  __tsan_mutex_post_lock(&lock, kRecursiveLock, 3);
  EXPECT_EQ(__tsan_mutex_pre_unlock(&lock, kWrite), 1);
  EXPECT_EQ(__tsan_mutex_pre_unlock(&lock, kRecursiveUnlock), 2);
  EXPECT_EQ(__tsan_mutex_pre_unlock(&lock, kRecursiveUnlock), 0);
}

// --- __tsan_check_no_mutexes_held ---

RADDLE_TEST(CheckNoMutexesHeld, IsContentWhereNoneIs) {
  std::mutex mutex, others;
  OwnLock own;
  { const std::lock_guard lock{mutex}; }
  own.lock(kWrite);
  own.unlock(kWrite);
  std::thread other{[&] {
    const std::lock_guard lock{others};
    std::this_thread::yield();
  }};
  __tsan_check_no_mutexes_held();
  other.join();
}
TEST(CheckNoMutexesHeld, IsContentOutsideOfExplorations) {
  std::mutex mutex;
  const std::lock_guard lock{mutex};
  __tsan_check_no_mutexes_held();
}

void expect_held(void (*body)()) {
  const auto report = raddle::explore(body);
  EXPECT_THAT(report, raddle::FindsMutexMisuse());
  EXPECT_THAT(report.text(), testing::HasSubstr("called with a mutex held"));
}
TEST(CheckNoMutexesHeld, FindsAMutex) {
  expect_held([] {
    std::mutex mutex;
    const std::lock_guard lock{mutex};
    __tsan_check_no_mutexes_held();
  });
}
TEST(CheckNoMutexesHeld, FindsASharedLock) {
  expect_held([] {
    std::shared_mutex mutex;
    const std::shared_lock lock{mutex};
    __tsan_check_no_mutexes_held();
  });
}
TEST(CheckNoMutexesHeld, FindsAnAnnotatedLock) {
  expect_held([] {
    OwnLock own;
    own.lock(kRead);
    __tsan_check_no_mutexes_held();
  });
}

}  // namespace
