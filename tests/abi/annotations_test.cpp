// What a program declares by annotations: that a race is meant, accesses that do not count, locks
// of its own making.
#include <raddle/gtest.hpp>

#include <atomic>
#include <cstddef>
#include <pthread.h>
#include <thread>

extern "C" {
void AnnotateBenignRaceSized(const char*, int, const volatile void*, std::size_t, const char*);
void AnnotateIgnoreReadsBegin(const char*, int);
void AnnotateIgnoreReadsEnd(const char*, int);
void AnnotateIgnoreWritesBegin(const char*, int);
void AnnotateIgnoreWritesEnd(const char*, int);
void AnnotateRWLockAcquired(const char*, int, const volatile void*, long);
void AnnotateRWLockReleased(const char*, int, const volatile void*, long);
void AnnotateThreadName(const char*, int, const char*);
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}

namespace {

#define RADDLE_HERE __FILE__, __LINE__

// Two threads write `value` at once.
void write_twice(int& value) {
  std::thread a{[&] { value = 1; }}, b{[&] { value = 2; }};
  a.join();
  b.join();
}

RADDLE_TEST(AnnotateBenignRace, AllowsARaceOnTheseBytes) {
  int counter = 0;
  AnnotateBenignRaceSized(RADDLE_HERE, &counter, sizeof(counter), "a rough count will do");
  write_twice(counter);
}

TEST(AnnotateBenignRace, AllowsNoneOnOthers) {
  EXPECT_THAT(raddle::explore([] {
                int counters[2] = {};
                AnnotateBenignRaceSized(RADDLE_HERE, &counters[0], sizeof(int), "only this one");
                write_twice(counters[1]);
              }),
              raddle::FindsRace());
}

int global_counter;
TEST(AnnotateBenignRace, HoldsForGoodIfItWasSaidBefore) {
  EXPECT_THAT(raddle::explore([] { write_twice(global_counter); }), raddle::FindsRace());
  AnnotateBenignRaceSized(RADDLE_HERE, &global_counter, sizeof(global_counter), "for good");
  EXPECT_THAT(raddle::explore([] { write_twice(global_counter); }), raddle::FindsNothing());
}

TEST(AnnotateIgnore, LeavesOutWhatLiesBetween) {
  EXPECT_THAT(raddle::explore([] {
                int value = 0;
                std::thread writer{[&] {
                  AnnotateIgnoreWritesBegin(RADDLE_HERE);
                  value = 1;
                  AnnotateIgnoreWritesEnd(RADDLE_HERE);
                }};
                AnnotateIgnoreReadsBegin(RADDLE_HERE);
                EXPECT_GE(value, 0);
                AnnotateIgnoreReadsEnd(RADDLE_HERE);
                writer.join();
              }),
              raddle::FindsNothing());
}

TEST(AnnotateIgnore, OfReadsDoesNotMeanWrites) {
  EXPECT_THAT(raddle::explore([] {
                int value = 0;
                std::thread writer{[&] {
                  AnnotateIgnoreReadsBegin(RADDLE_HERE);
                  value = 1;
                  AnnotateIgnoreReadsEnd(RADDLE_HERE);
                }};
                value = 2;
                writer.join();
              }),
              raddle::FindsRace());
}

TEST(AnnotateIgnore, EndsWithItsEnd) {
  EXPECT_THAT(raddle::explore([] {
                int value = 0;
                std::thread writer{[&] {
                  AnnotateIgnoreWritesBegin(RADDLE_HERE);
                  AnnotateIgnoreWritesEnd(RADDLE_HERE);
                  value = 1;
                }};
                value = 2;
                writer.join();
              }),
              raddle::FindsRace());
}

RADDLE_TEST(IgnoreThread, LeavesOutReadsAndWrites) {
  int value = 0;
  std::thread writer{[&] {
    __tsan_ignore_thread_begin();
    ++value;
    __tsan_ignore_thread_end();
  }};
  __tsan_ignore_thread_begin();
  ++value;
  __tsan_ignore_thread_end();
  writer.join();
}

// A lock that spins on a relaxed atomic: only its annotations tell what it orders.
class OwnLock {
 public:
  void lock(bool is_writer) {
    int free = 0;
    while (!state_.compare_exchange_weak(free, 1, std::memory_order_relaxed)) free = 0;
    AnnotateRWLockAcquired(RADDLE_HERE, this, is_writer);
  }
  void unlock(bool is_writer) {
    AnnotateRWLockReleased(RADDLE_HERE, this, is_writer);
    state_.store(0, std::memory_order_relaxed);
  }

 private:
  std::atomic<int> state_{0};
};

template <bool is_writer>
void count_under_own_lock() {
  OwnLock lock;
  int counter = 0;
  auto increment = [&] {
    lock.lock(is_writer);
    ++counter;
    lock.unlock(is_writer);
  };
  std::thread a{increment}, b{increment};
  a.join();
  b.join();
  EXPECT_GE(counter, 1);
}

RADDLE_TEST(AnnotateRWLock, OrdersWriters) { count_under_own_lock<true>(); }
TEST(AnnotateRWLock, DoesNotOrderReaders) {
  EXPECT_THAT(raddle::explore(count_under_own_lock<false>), raddle::FindsRace());
}

RADDLE_TEST(AnnotateThreadName, NamesTheThread) {
  AnnotateThreadName(RADDLE_HERE, "a name that is too long for a thread");
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof(name));
  EXPECT_STREQ(name, "a name that is ");
}

}  // namespace
