// The mutexes of the standard library: each keeps a counter right, each is of use only if taken.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <thread>

namespace {

using namespace std::chrono_literals;
using raddle::tests::expect_both_answers;

template <class Mutex>
void count_under_lock() {
  Mutex mutex;
  int counter = 0;
  auto increment = [&] {
    const std::lock_guard lock{mutex};
    ++counter;
  };
  std::thread a{increment}, b{increment};
  a.join();
  b.join();
  EXPECT_EQ(counter, 2);
}

RADDLE_TEST(Mutex, GuardsACounter) { count_under_lock<std::mutex>(); }
RADDLE_TEST(RecursiveMutex, GuardsACounter) { count_under_lock<std::recursive_mutex>(); }
RADDLE_TEST(TimedMutex, GuardsACounter) { count_under_lock<std::timed_mutex>(); }
RADDLE_TEST(RecursiveTimedMutex, GuardsACounter) { count_under_lock<std::recursive_timed_mutex>(); }
RADDLE_TEST(SharedMutex, GuardsACounter) { count_under_lock<std::shared_mutex>(); }
RADDLE_TEST(SharedTimedMutex, GuardsACounter) { count_under_lock<std::shared_timed_mutex>(); }

TEST(Mutex, GuardsNothingIfOnlyOneSideTakesIt) {
  EXPECT_THAT(raddle::explore([] {
                std::mutex mutex;
                int counter = 0;
                std::thread careful{[&] {
                  const std::lock_guard lock{mutex};
                  ++counter;
                }};
                std::thread careless{[&] { ++counter; }};
                careful.join();
                careless.join();
              }),
              raddle::FindsRace());
}

TEST(Mutex, CannotBeTakenTwice) {
  EXPECT_FALSE(raddle::explore([] {
                 std::mutex mutex;
                 mutex.lock();
                 mutex.lock();
               }).clean());
}

TEST(Mutex, MustNotBeDestroyedWhileHeld) {
  EXPECT_THAT(raddle::explore([] {
                auto* mutex = new std::mutex;
                mutex->lock();
                delete mutex;
              }),
              raddle::FindsMutexMisuse());
}

TEST(Mutex, MustNotBeUnlockedByAnother) {
  EXPECT_THAT(raddle::explore([] {
                std::mutex mutex;
                mutex.lock();
                std::thread other{[&] { mutex.unlock(); }};
                other.join();
              }),
              raddle::FindsMutexMisuse());
}

TEST(Mutex, InOppositeOrderDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                std::mutex a, b;
                std::thread one{[&] {
                  const std::lock_guard first{a};
                  const std::lock_guard second{b};
                }};
                std::thread other{[&] {
                  const std::lock_guard first{b};
                  const std::lock_guard second{a};
                }};
                one.join();
                other.join();
              }),
              raddle::FindsDeadlock());
}

RADDLE_TEST(ScopedLock, TakesSeveralInAnyOrder) {
  std::mutex a, b;
  std::recursive_mutex c;
  int counter = 0;
  std::thread one{[&] {
    const std::scoped_lock lock{a, b, c};
    ++counter;
  }};
  std::thread other{[&] {
    const std::scoped_lock lock{c, b, a};
    ++counter;
  }};
  one.join();
  other.join();
  EXPECT_EQ(counter, 2);
}

RADDLE_TEST(RecursiveMutex, IsFreeOnlyAfterTheLastUnlock) {
  std::recursive_mutex mutex;
  int value = 0;
  std::thread twice{[&] {
    const std::lock_guard outer{mutex};
    value = 1;
    { const std::lock_guard inner{mutex}; }
    EXPECT_EQ(value, 1);
  }};
  std::thread once{[&] {
    const std::lock_guard lock{mutex};
    value = 2;
  }};
  twice.join();
  once.join();
}

bool try_lock_succeeds() {
  std::mutex mutex;
  std::thread holder{[&] { const std::lock_guard lock{mutex}; }};
  const bool success = mutex.try_lock();
  if (success) mutex.unlock();
  holder.join();
  return success;
}

TEST(Mutex, TryLockSucceedsOrFails) { expect_both_answers(try_lock_succeeds); }

bool try_lock_for_succeeds() {
  std::timed_mutex mutex;
  std::thread holder{[&] {
    const std::lock_guard lock{mutex};
    std::this_thread::sleep_for(1ms);
  }};
  const bool success = mutex.try_lock_for(1ms);
  if (success) mutex.unlock();
  holder.join();
  return success;
}
bool try_lock_until_succeeds() {
  std::recursive_timed_mutex mutex;
  std::thread holder{[&] {
    const std::lock_guard lock{mutex};
    std::this_thread::yield();
  }};
  const bool success = mutex.try_lock_until(std::chrono::system_clock::now() + 1ms);
  if (success) mutex.unlock();
  holder.join();
  return success;
}

TEST(TimedMutex, GetsItInTimeOrTooLate) { expect_both_answers(try_lock_for_succeeds); }
TEST(RecursiveTimedMutex, GetsItInTimeOrTooLate) { expect_both_answers(try_lock_until_succeeds); }

RADDLE_TEST(TimedMutex, GivesUpOnOneThatIsNeverFreed) {
  std::timed_mutex mutex;
  const std::lock_guard lock{mutex};
  std::thread waiter{[&] { EXPECT_FALSE(mutex.try_lock_for(1h)); }};
  waiter.join();
}

template <class Mutex>
bool readers_meet() {
  Mutex mutex;
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  auto read = [&] {
    const std::shared_lock lock{mutex};
    if (++inside == 2) met = true;
    --inside;
  };
  std::thread a{read}, b{read};
  a.join();
  b.join();
  return met;
}

TEST(SharedMutex, LetsReadersMeet) { expect_both_answers(readers_meet<std::shared_mutex>); }
TEST(SharedTimedMutex, LetsReadersMeet) {
  expect_both_answers(readers_meet<std::shared_timed_mutex>);
}

RADDLE_TEST(SharedMutex, KeepsReadersFromAWriter) {
  std::shared_mutex mutex;
  int a = 0, b = 0;
  std::thread writer{[&] {
    const std::unique_lock lock{mutex};
    ++a;
    ++b;
  }};
  auto read = [&] {
    const std::shared_lock lock{mutex};
    EXPECT_EQ(a, b);
  };
  std::thread first{read}, second{read};
  writer.join();
  first.join();
  second.join();
}

TEST(SharedMutex, DoesNotAllowAReaderToWrite) {
  EXPECT_THAT(raddle::explore([] {
                std::shared_mutex mutex;
                int counter = 0;
                auto increment = [&] {
                  const std::shared_lock lock{mutex};
                  ++counter;
                };
                std::thread a{increment}, b{increment};
                a.join();
                b.join();
              }),
              raddle::FindsRace());
}

bool try_lock_shared_for_succeeds() {
  std::shared_timed_mutex mutex;
  std::thread writer{[&] {
    const std::lock_guard lock{mutex};
    std::this_thread::yield();
  }};
  const bool success = mutex.try_lock_shared_for(1ms);
  if (success) mutex.unlock_shared();
  writer.join();
  return success;
}
bool try_lock_until_readers_left() {
  std::shared_timed_mutex mutex;
  std::thread reader{[&] {
    const std::shared_lock lock{mutex};
    std::this_thread::yield();
  }};
  const bool success = mutex.try_lock_until(std::chrono::steady_clock::now() + 1ms);
  if (success) mutex.unlock();
  reader.join();
  return success;
}

TEST(SharedTimedMutex, ReaderGetsItInTimeOrTooLate) {
  expect_both_answers(try_lock_shared_for_succeeds);
}
TEST(SharedTimedMutex, WriterGetsItInTimeOrTooLate) {
  expect_both_answers(try_lock_until_readers_left);
}

}  // namespace
