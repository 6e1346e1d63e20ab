// std::counting_semaphore, std::latch and std::barrier.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <latch>
#include <semaphore>
#include <thread>

namespace {

using namespace std::chrono_literals;
using raddle::tests::expect_both_answers;

RADDLE_TEST(BinarySemaphore, HandsOver) {
  std::binary_semaphore filled{0};
  int value = 0;
  std::thread giver{[&] {
    value = 7;
    filled.release();
  }};
  filled.acquire();
  EXPECT_EQ(value, 7);
  giver.join();
}

RADDLE_TEST(CountingSemaphore, LetsInAsManyAsItSays) {
  std::counting_semaphore<2> places{2};
  std::atomic<int> inside{0};
  auto visit = [&] {
    // Not acquire(): in libstdc++ 12 it can miss a release and sleep for ever, which one
    // execution in some ten thousand shows.
    while (!places.try_acquire()) std::this_thread::yield();
    EXPECT_LE(++inside, 2);
    --inside;
    places.release();
  };
  std::thread a{visit}, b{visit}, c{visit};
  a.join();
  b.join();
  c.join();
}

RADDLE_TEST(CountingSemaphore, IsReleasedSeveralTimesAtOnce) {
  std::counting_semaphore<> permits{0};
  auto take = [&] { permits.acquire(); };
  std::thread a{take}, b{take}, c{take};
  permits.release(3);
  a.join();
  b.join();
  c.join();
  EXPECT_FALSE(permits.try_acquire());
}

TEST(CountingSemaphore, WithTwoPlacesGuardsNothing) {
  EXPECT_THAT(raddle::explore([] {
                std::counting_semaphore<2> places{2};
                int counter = 0;
                auto increment = [&] {
                  places.acquire();
                  ++counter;
                  places.release();
                };
                std::thread a{increment}, b{increment};
                a.join();
                b.join();
              }),
              raddle::FindsRace());
}

TEST(CountingSemaphore, ThatNobodyReleasesDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                std::binary_semaphore never{0};
                std::thread waiter{[&] { never.acquire(); }};
                waiter.join();
              }),
              raddle::FindsDeadlock());
}

bool acquires_at_once() {
  std::counting_semaphore<> permit{0};
  std::thread giver{[&] { permit.release(); }};
  const bool success = permit.try_acquire();
  giver.join();
  return success;
}
bool acquires_within_a_while() {
  std::counting_semaphore<> permit{0};
  std::thread giver{[&] { permit.release(); }};
  const bool success = permit.try_acquire_for(1ms);
  giver.join();
  return success;
}
bool acquires_until() {
  std::binary_semaphore permit{0};
  std::thread giver{[&] { permit.release(); }};
  const bool success = permit.try_acquire_until(std::chrono::steady_clock::now() + 1ms);
  giver.join();
  return success;
}

TEST(CountingSemaphore, TryAcquireSucceedsOrFails) { expect_both_answers(acquires_at_once); }
TEST(CountingSemaphore, TryAcquireForIsInTimeOrTooLate) {
  expect_both_answers(acquires_within_a_while);
}
TEST(BinarySemaphore, TryAcquireUntilIsInTimeOrTooLate) { expect_both_answers(acquires_until); }

RADDLE_TEST(Latch, OpensWhenAllHaveArrived) {
  std::latch arrived{2};
  int a = 0, b = 0;
  std::thread first{[&] {
    a = 1;
    arrived.count_down();
  }};
  std::thread second{[&] {
    b = 1;
    arrived.arrive_and_wait();
    EXPECT_EQ(a, 1);
  }};
  arrived.wait();
  EXPECT_EQ(a + b, 2);
  first.join();
  second.join();
}

TEST(Latch, WithOneTooManyDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                std::latch arrived{3};
                auto arrive = [&] { arrived.arrive_and_wait(); };
                std::thread a{arrive}, b{arrive};
                a.join();
                b.join();
              }),
              raddle::FindsDeadlock());
}

TEST(Latch, DoesNotOrderWhatComesAfterIt) {
  EXPECT_THAT(raddle::explore([] {
                std::latch arrived{2};
                int shared = 0;
                auto work = [&] {
                  arrived.arrive_and_wait();
                  ++shared;
                };
                std::thread a{work}, b{work};
                a.join();
                b.join();
              }),
              raddle::FindsRace());
}

RADDLE_TEST_WITH(Barrier, SeparatesPhases, .executions = 2'000) {
  constexpr int kPhases = 3;
  int written[2] = {};
  int completions = 0;
  std::barrier phase{2, [&]() noexcept { ++completions; }};
  auto work = [&](int me) {
    for (int i = 1; i <= kPhases; ++i) {
      written[me] = i;
      phase.arrive_and_wait();
      EXPECT_EQ(written[1 - me], i);
      phase.arrive_and_wait();
    }
  };
  std::thread a{work, 0}, b{work, 1};
  a.join();
  b.join();
  EXPECT_EQ(completions, 2 * kPhases);
}

RADDLE_TEST_WITH(Barrier, GoesOnWithoutThoseWhoLeave, .executions = 2'000) {
  std::barrier<> phase{2};
  std::thread leaver{[&] { phase.arrive_and_drop(); }};
  phase.arrive_and_wait();
  phase.arrive_and_wait();
  leaver.join();
}

TEST(Barrier, LeftOutOnceIsARace) {
  EXPECT_THAT(raddle::explore([] {
                int written[2] = {};
                std::barrier phase{2};
                auto work = [&](int me) {
                  for (int i = 1; i <= 2; ++i) {
                    written[me] = i;
                    phase.arrive_and_wait();
                    EXPECT_GE(written[1 - me], 0);  // while the other writes anew
                  }
                };
                std::thread a{work, 0}, b{work, 1};
                a.join();
                b.join();
              }),
              raddle::FindsRace());
}

}  // namespace
