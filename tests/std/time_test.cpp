// Sleeping and the clocks: virtual time, which passes when the scheduler lets it.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

namespace {

using namespace std::chrono_literals;
using raddle::tests::expect_both_answers;
using std::chrono::steady_clock;
using std::chrono::system_clock;

RADDLE_TEST(Sleep, TakesAsLongAsItSays) {
  const auto before = steady_clock::now();
  std::this_thread::sleep_for(24h);
  EXPECT_GE(steady_clock::now() - before, 24h);
  EXPECT_LT(steady_clock::now() - before, 25h);
}

RADDLE_TEST(Sleep, UntilATimeOfAnyClock) {
  const auto steady = steady_clock::now() + 1h;
  std::this_thread::sleep_until(steady);
  EXPECT_GE(steady_clock::now(), steady);
  const auto system = system_clock::now() + 1h;
  std::this_thread::sleep_until(system);
  EXPECT_GE(system_clock::now(), system);
}

bool sleeps_overlap() {
  const auto before = steady_clock::now();
  auto sleep = [] { std::this_thread::sleep_for(1h); };
  std::thread a{sleep}, b{sleep};
  a.join();
  b.join();
  return steady_clock::now() - before < 2h;
}
// Usually; but nothing makes the second thread start before the first one wakes.
TEST(Sleep, OfDifferentThreadsOverlapsOrNot) { expect_both_answers(sleeps_overlap); }

RADDLE_TEST(Clock, NeverGoesBack) {
  auto last = steady_clock::now();
  std::thread other{[] { std::this_thread::sleep_for(1s); }};
  for (int i = 0; i < 10; ++i) {
    const auto now = steady_clock::now();
    EXPECT_GT(now, last);
    last = now;
  }
  other.join();
}

RADDLE_TEST(Clock, IsReachedByALoopThatOnlyLooksAtIt) {
  const auto deadline = steady_clock::now() + 1s;
  while (steady_clock::now() < deadline) {
  }
}

// A sleep does not order two threads: it makes an order likely, no more.
TEST(Sleep, IsNoSynchronisation) {
  EXPECT_THAT(raddle::explore([] {
                int shared = 0;
                std::thread writer{[&] { shared = 1; }};
                std::this_thread::sleep_for(1s);
                EXPECT_EQ(shared, 1);
                writer.join();
              }),
              raddle::FindsRace());
}

bool is_done_after_a_sleep() {
  std::atomic<bool> is_done{false};
  std::thread worker{[&] { is_done = true; }};
  std::this_thread::sleep_for(1s);
  const bool was_done = is_done;
  worker.join();
  return was_done;
}
TEST(Sleep, IsLongEnoughOrTooShort) { expect_both_answers(is_done_after_a_sleep); }

RADDLE_TEST(Clock, ShowsTheSameTimeInEveryExecution) {
  static long first;
  const long now = steady_clock::now().time_since_epoch().count();
  if (first == 0) first = now;
  EXPECT_EQ(first, now);
}

RADDLE_TEST(RandomDevice, IsTheSameInEveryExecution) {
  static unsigned first;
  const unsigned value = std::random_device{}();
  if (first == 0) first = value;
  EXPECT_EQ(first, value);
}

}  // namespace
