// std::atomic of every size, std::atomic_ref, std::atomic_flag, waiting on an atomic.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

namespace {

using raddle::tests::expect_both_answers;

template <class T>
void count_and_exchange() {
  std::atomic<T> counter{0};
  auto increment = [&] {
    counter.fetch_add(1);
    T seen = counter.load(std::memory_order_relaxed);
    while (!counter.compare_exchange_weak(seen, static_cast<T>(seen + 1))) {
    }
  };
  std::thread a{increment}, b{increment};
  a.join();
  b.join();
  EXPECT_EQ(counter, T{4});
  EXPECT_EQ(counter.exchange(9), T{4});
  counter.fetch_sub(1);
  counter.fetch_or(3);
  counter.fetch_and(10);
  counter.fetch_xor(1);
  EXPECT_EQ(counter, T{11});
}

RADDLE_TEST(Atomic, OfOneByteCounts) { count_and_exchange<std::uint8_t>(); }
RADDLE_TEST(Atomic, OfTwoBytesCounts) { count_and_exchange<std::uint16_t>(); }
RADDLE_TEST(Atomic, OfFourBytesCounts) { count_and_exchange<std::uint32_t>(); }
RADDLE_TEST(Atomic, OfEightBytesCounts) { count_and_exchange<std::uint64_t>(); }

RADDLE_TEST(Atomic, OfAPointerAndOfADouble) {
  int values[4] = {};
  std::atomic<int*> next{values};
  std::atomic<double> sum{0};
  auto take = [&] {
    *next.fetch_add(1) = 1;
    sum.fetch_add(0.5);
  };
  std::thread a{take}, b{take};
  a.join();
  b.join();
  EXPECT_EQ(values[0] + values[1], 2);
  EXPECT_EQ(sum, 1.0);
}

TEST(Atomic, InTwoStepsLosesAnUpdate) {
  EXPECT_THAT(raddle::explore([] {
                std::atomic<int> counter{0};
                auto increment = [&] { counter = counter + 1; };
                std::thread a{increment}, b{increment};
                a.join();
                b.join();
                EXPECT_EQ(counter, 2);
              }),
              raddle::FindsAssertion());
}

RADDLE_TEST(AtomicRef, MakesAPlainVariableAtomic) {
  int counter = 0;
  auto increment = [&] { ++std::atomic_ref{counter}; };
  std::thread a{increment}, b{increment};
  a.join();
  b.join();
  EXPECT_EQ(counter, 2);
}

TEST(AtomicRef, OnOneSideOnlyIsARace) {
  EXPECT_THAT(raddle::explore([] {
                int counter = 0;
                std::thread a{[&] { ++std::atomic_ref{counter}; }};
                std::thread b{[&] { ++counter; }};
                a.join();
                b.join();
              }),
              raddle::FindsRace());
}

template <class T>
void wait_for_change() {
  std::atomic<T> state{0};
  int value = 0;
  std::thread giver{[&] {
    value = 7;
    state.store(1, std::memory_order_release);
    state.notify_all();
  }};
  state.wait(0, std::memory_order_acquire);
  EXPECT_EQ(value, 7);
  giver.join();
}

RADDLE_TEST(Atomic, OfOneByteIsWaitedFor) { wait_for_change<std::uint8_t>(); }
RADDLE_TEST(Atomic, OfTheSizeOfAFutexIsWaitedFor) { wait_for_change<int>(); }
RADDLE_TEST(Atomic, OfEightBytesIsWaitedFor) { wait_for_change<std::uint64_t>(); }

RADDLE_TEST(AtomicFlag, IsASpinLock) {
  std::atomic_flag is_taken;
  int counter = 0;
  auto increment = [&] {
    while (is_taken.test_and_set(std::memory_order_acquire)) {
    }
    ++counter;
    is_taken.clear(std::memory_order_release);
  };
  std::thread a{increment}, b{increment};
  a.join();
  b.join();
  EXPECT_EQ(counter, 2);
}

RADDLE_TEST(AtomicFlag, IsWaitedFor) {
  std::atomic_flag is_set;
  std::thread setter{[&] {
    is_set.test_and_set();
    is_set.notify_one();
  }};
  is_set.wait(false);
  EXPECT_TRUE(is_set.test());
  setter.join();
}

TEST(Atomic, ChangedWithoutANotifyKeepsTheWaiterAsleep) {
  EXPECT_FALSE(raddle::explore([] {
                 std::atomic<int> state{0};
                 std::thread silent{[&] { state = 1; }};
                 state.wait(0);
                 silent.join();
               }).clean());
}

bool store_buffering_both_zero() {
  std::atomic<int> x{0}, y{0};
  int seen = -1;
  std::thread other{[&] {
    y = 1;
    seen = x;
  }};
  x = 1;
  const int mine = y;
  other.join();
  return mine == 0 || seen == 0;
}
TEST(Atomic, InterleavesAtEveryAccess) { expect_both_answers(store_buffering_both_zero); }

}  // namespace
