// Clocks, sleeping, yielding and random bytes through POSIX and through system calls.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <sched.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <thread>
#include <time.h>
#include <unistd.h>

namespace {

using raddle::tests::expect_both_answers;

long long now_ns(clockid_t clock) {
  timespec time{};
  EXPECT_EQ(clock_gettime(clock, &time), 0);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

// By how much the monotonic clock moved while `sleep` ran.
template <class Sleep>
double seconds_of(Sleep sleep) {
  const long long before = now_ns(CLOCK_MONOTONIC);
  sleep();
  return static_cast<double>(now_ns(CLOCK_MONOTONIC) - before) / 1e9;
}

constexpr timespec kHour{3600, 0};

RADDLE_TEST(Sleeping, TakesVirtualTime) {
  EXPECT_NEAR(seconds_of([] { EXPECT_EQ(nanosleep(&kHour, nullptr), 0); }), 3600, 1);
  EXPECT_NEAR(seconds_of([] { EXPECT_EQ(usleep(500'000), 0); }), 0.5, 0.1);
  EXPECT_NEAR(seconds_of([] { EXPECT_EQ(sleep(10), 0u); }), 10, 1);
  EXPECT_NEAR(seconds_of([] { clock_nanosleep(CLOCK_REALTIME, 0, &kHour, nullptr); }), 3600, 1);
  EXPECT_NEAR(seconds_of([] {
                timespec until{};
                clock_gettime(CLOCK_MONOTONIC, &until);
                until.tv_sec += 5;
                clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
              }),
              5, 1);
}

RADDLE_TEST(Sleeping, ByASystemCallTakesVirtualTime) {
  EXPECT_NEAR(seconds_of([] { EXPECT_EQ(syscall(SYS_nanosleep, &kHour, nullptr), 0); }), 3600, 1);
  EXPECT_NEAR(seconds_of([] {
                EXPECT_EQ(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &kHour, nullptr), 0);
              }),
              3600, 1);
}

RADDLE_TEST(Sleeping, RefusesATimeThatIsNone) {
  const timespec nonsense{0, 1'000'000'000};
  EXPECT_EQ(nanosleep(&nonsense, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &nonsense, nullptr), EINVAL);
}

RADDLE_TEST(Clocks, AgreeWithEachOther) {
  nanosleep(&kHour, nullptr);
  const long long seconds = now_ns(CLOCK_REALTIME) / 1'000'000'000;
  EXPECT_NEAR(static_cast<double>(time(nullptr)), static_cast<double>(seconds), 1);
  timeval day{};
  EXPECT_EQ(gettimeofday(&day, nullptr), 0);
  EXPECT_NEAR(static_cast<double>(day.tv_sec), static_cast<double>(seconds), 1);
  timespec utc{};
  EXPECT_EQ(timespec_get(&utc, TIME_UTC), TIME_UTC);
  EXPECT_NEAR(static_cast<double>(utc.tv_sec), static_cast<double>(seconds), 1);
  timespec called{};
  EXPECT_EQ(syscall(SYS_clock_gettime, CLOCK_REALTIME, &called), 0);
  EXPECT_NEAR(static_cast<double>(called.tv_sec), static_cast<double>(seconds), 1);
}

// Everything that a program could tell the time or its luck by, in one number.
unsigned long long readings() {
  unsigned long long sum = static_cast<unsigned long long>(now_ns(CLOCK_REALTIME));
  for (const clockid_t clock : {CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID,
                                CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_COARSE}) {
    sum = 31 * sum + static_cast<unsigned long long>(now_ns(clock));
  }
  sum = 31 * sum + static_cast<unsigned long long>(clock());
  sum = 31 * sum + static_cast<unsigned long long>(sched_getcpu());
  unsigned long long random = 0;
  EXPECT_EQ(getrandom(&random, sizeof(random), 0), static_cast<ssize_t>(sizeof(random)));
  sum = 31 * sum + random;
  EXPECT_EQ(syscall(SYS_getrandom, &random, sizeof(random), 0), static_cast<long>(sizeof(random)));
  sum = 31 * sum + random;
  EXPECT_EQ(getentropy(&random, sizeof(random)), 0);
  return 31 * sum + random;
}

RADDLE_TEST_WITH(Clocks, AndRandomBytesAreTheSameInEveryExecution, .executions = 2'000) {
  static unsigned long long first;
  const unsigned long long now = readings();
  if (first == 0) first = now;
  EXPECT_EQ(first, now);
}

RADDLE_TEST(Getrandom, GivesDifferentBytesEachTimeAndToEachThread) {
  unsigned long long a = 0, b = 0, c = 0;
  getrandom(&a, sizeof(a), 0);
  getrandom(&b, sizeof(b), 0);
  std::thread other{[&] { getrandom(&c, sizeof(c), 0); }};
  other.join();
  EXPECT_NE(a, b);
  EXPECT_NE(a, c);
}

bool other_runs_when_asked() {
  std::atomic<bool> ran{false};
  std::thread other{[&] { ran = true; }};
  sched_yield();
  const bool result = ran;
  other.join();
  return result;
}
TEST(SchedYield, LetsOthersRunOrNot) { expect_both_answers(other_runs_when_asked); }

RADDLE_TEST(SchedYield, EndsALoopThatWaitsForAnother) {
  std::atomic<bool> is_done{false};
  std::thread other{[&] { is_done = true; }};
  while (!is_done) syscall(SYS_sched_yield);
  other.join();
}

}  // namespace
