// Options::spurious_wakeups: a wait may come back although nobody has ended it.
#include "scheduler/schedule.hpp"
#include "tests/harness/bodies.hpp"
#include "tests/harness/program.hpp"
#include <raddle/gtest.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <linux/futex.h>
#include <mutex>
#include <pthread.h>
#include <string>
#include <sys/syscall.h>
#include <thread>
#include <threads.h>
#include <unistd.h>

namespace raddle {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

using Lock = std::unique_lock<std::mutex>;

// A value that one thread hands to another, who waits for it in a way of its own. That way says
// whether it takes the value to be there.
template <class Condition, class Wait>
void hand_over(Wait wait) {
  std::mutex mutex;
  Condition filled;
  int value = 0;
  std::thread giver{[&] {
    {
      const std::lock_guard lock{mutex};
      value = 7;
    }
    filled.notify_one();
  }};
  {
    std::unique_lock lock{mutex};
    if (wait(filled, lock, value)) check(value == 7, "woken too early");
  }
  giver.join();
}

template <class Condition>
void wait_once() {
  hand_over<Condition>([](Condition& filled, Lock& lock, int& value) {
    if (value == 0) filled.wait(lock);
    return true;
  });
}
template <class Condition>
void wait_in_a_loop() {
  hand_over<Condition>([](Condition& filled, Lock& lock, int& value) {
    while (value == 0) filled.wait(lock);
    return true;
  });
}
void wait_with_a_predicate() {
  hand_over<std::condition_variable>([](auto& filled, Lock& lock, int& value) {
    filled.wait(lock, [&] { return value != 0; });
    return true;
  });
}
// What comes back in time is believed.
void wait_for_once() {
  hand_over<std::condition_variable>([](auto& filled, Lock& lock, int& value) {
    return value != 0 || filled.wait_for(lock, 1ms) == std::cv_status::no_timeout;
  });
}
void wait_on_a_clock_once() {
  hand_over<std::condition_variable>([](auto& filled, Lock& lock, int& value) {
    const auto soon = std::chrono::system_clock::now() + 1ms;
    return value != 0 || filled.wait_until(lock, soon) == std::cv_status::no_timeout;
  });
}

void wait_once_in_posix() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
  int value = 0;
  std::thread giver{[&] {
    pthread_mutex_lock(&mutex);
    value = 7;
    pthread_mutex_unlock(&mutex);
    pthread_cond_signal(&filled);
  }};
  pthread_mutex_lock(&mutex);
  if (value == 0) check(pthread_cond_wait(&filled, &mutex) == 0);
  check(value == 7, "woken too early");
  pthread_mutex_unlock(&mutex);
  giver.join();
}

void wait_once_in_c11() {
  mtx_t mutex;
  cnd_t filled;
  mtx_init(&mutex, mtx_plain);
  cnd_init(&filled);
  int value = 0;
  std::thread giver{[&] {
    mtx_lock(&mutex);
    value = 7;
    mtx_unlock(&mutex);
    cnd_signal(&filled);
  }};
  mtx_lock(&mutex);
  if (value == 0) check(cnd_wait(&filled, &mutex) == thrd_success);
  check(value == 7, "woken too early");
  mtx_unlock(&mutex);
  giver.join();
  cnd_destroy(&filled);
  mtx_destroy(&mutex);
}

void wait_once_on_a_futex() {
  std::atomic<int> value{0};
  std::thread giver{[&] {
    value = 7;
    syscall(SYS_futex, &value, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }};
  syscall(SYS_futex, &value, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
  check(value == 7, "woken too early");
  giver.join();
}

void wait_on_an_atomic() {
  std::atomic<int> value{0};
  std::thread giver{[&] {
    value = 7;
    value.notify_one();
  }};
  value.wait(0);
  check(value == 7, "woken too early");
  giver.join();
}

Options options_for(const std::string& strategy, std::uint32_t spurious_wakeups) {
  Options options = tests::with_seed(1);
  options.strategy = strategy;
  options.executions = 300;
  options.spurious_wakeups = spurious_wakeups;
  return options;
}

struct Wait {
  std::string name;
  void (*body)();
};
void PrintTo(const Wait& wait, std::ostream* out) { *out << wait.name; }
std::string name_of(const testing::TestParamInfo<Wait>& wait) { return wait.param.name; }

class WaitOnce : public testing::TestWithParam<Wait> {};

TEST_P(WaitOnce, IsFoundByEveryStrategy) {
  for (const char* strategy : {"random", "pct:3", "exhaustive"}) {
    const Report report = explore(GetParam().body, options_for(strategy, 1));
    EXPECT_THAT(report, FindsAssertion()) << strategy;
    EXPECT_LE(report.executions, 100u) << strategy;
  }
}

TEST_P(WaitOnce, IsRightAsLongAsNobodyIsWokenForNoReason) {
  for (const char* strategy : {"random", "pct:3"}) {
    EXPECT_THAT(explore(GetParam().body, options_for(strategy, 0)), FindsNothing()) << strategy;
  }
  const Report report = explore(GetParam().body, options_for("exhaustive", 0));
  EXPECT_THAT(report, FindsNothing());
  EXPECT_TRUE(report.complete) << report;
}

INSTANTIATE_TEST_SUITE_P(
    Waits, WaitOnce,
    testing::Values(Wait{"condition_variable", wait_once<std::condition_variable>},
                    Wait{"condition_variable_any", wait_once<std::condition_variable_any>},
                    Wait{"wait_for", wait_for_once}, Wait{"wait_until", wait_on_a_clock_once},
                    Wait{"posix", wait_once_in_posix}, Wait{"c11", wait_once_in_c11},
                    Wait{"futex", wait_once_on_a_futex}),
    name_of);

class WaitInALoop : public testing::TestWithParam<Wait> {};

TEST_P(WaitInALoop, IsRightHoweverItIsWoken) {
  for (const char* strategy : {"random", "pct:3"}) {
    EXPECT_THAT(explore(GetParam().body, options_for(strategy, 2)), FindsNothing()) << strategy;
  }
  const Report report = explore(GetParam().body, options_for("exhaustive", 2));
  EXPECT_THAT(report, FindsNothing());
  EXPECT_TRUE(report.complete) << report;
}

INSTANTIATE_TEST_SUITE_P(
    Waits, WaitInALoop,
    testing::Values(Wait{"condition_variable", wait_in_a_loop<std::condition_variable>},
                    Wait{"condition_variable_any", wait_in_a_loop<std::condition_variable_any>},
                    Wait{"predicate", wait_with_a_predicate}, Wait{"atomic", wait_on_an_atomic}),
    name_of);

// The giver comes first, or the waiter waits and is woken: two. Each wakeup for no reason adds two:
// the giver comes before the waiter has its mutex again, and then that was it, or after.
TEST(SpuriousWakeups, AddSoManyInterleavings) {
  for (const std::uint32_t wakeups : {0u, 1u, 2u, 3u, 7u}) {
    const Report report = explore(wait_with_a_predicate, options_for("exhaustive", wakeups));
    EXPECT_TRUE(report.complete) << report;
    EXPECT_EQ(report.executions, 2 + 2 * wakeups);
    EXPECT_EQ(report.redundant, 0u);
  }
}

// How often it has come back and found nothing.
template <int kMost>
void count_fruitless_wakeups() {
  hand_over<std::condition_variable>([](auto& filled, Lock& lock, int& value) {
    int fruitless = 0;
    while (value == 0) {
      check(fruitless++ <= kMost, "more often than allowed");
      filled.wait(lock);
    }
    return true;
  });
}

TEST(SpuriousWakeups, ComeAsOftenAsIsAllowedAndNotMoreOften) {
  for (const char* strategy : {"random", "pct:3", "exhaustive"}) {
    EXPECT_THAT(explore(count_fruitless_wakeups<3>, options_for(strategy, 3)), FindsNothing())
        << strategy;
    EXPECT_THAT(explore(count_fruitless_wakeups<2>, options_for(strategy, 3)), FindsAssertion())
        << strategy;
  }
}

// Each thread has its own.
TEST(SpuriousWakeups, OfOneThreadTakeNothingFromAnother) {
  const auto body = [] {
    std::mutex mutex;
    std::condition_variable opened;
    bool is_open = false;
    int fruitless = 0;
    const auto pass = [&] {
      std::unique_lock lock{mutex};
      while (!is_open) {
        opened.wait(lock);
        if (!is_open) ++fruitless;
      }
    };
    std::thread a{pass}, b{pass};
    {
      const std::lock_guard lock{mutex};
      is_open = true;
      check(fruitless < 2, "both");
    }
    opened.notify_all();
    a.join();
    b.join();
  };
  EXPECT_THAT(explore(body, options_for("exhaustive", 1)), FindsAssertion());
  EXPECT_THAT(explore(body, options_for("random", 1)), FindsAssertion());
}

// Who waits for a notification that was too early waits for ever: that it might be woken for no
// reason is no excuse.
TEST(SpuriousWakeups, DoNotHideLostWakeups) {
  const auto body = [] {
    std::mutex mutex;
    std::condition_variable done;
    std::thread worker{[&] { done.notify_one(); }};
    {
      std::unique_lock lock{mutex};
      done.wait(lock);
    }
    worker.join();
  };
  for (const char* strategy : {"random", "pct:3", "exhaustive"}) {
    EXPECT_THAT(explore(body, options_for(strategy, 2)), FindsLostWakeup()) << strategy;
  }
}

// Without its mutex nobody comes back from a wait, for whatever reason.
TEST(SpuriousWakeups, WaitForTheMutex) {
  const auto body = [] {
    std::mutex mutex;
    std::condition_variable never;
    std::atomic<bool> is_held{false};
    std::thread holder{[&] {
      const std::lock_guard lock{mutex};
      is_held = true;
      is_held = false;
      never.notify_one();
    }};
    {
      std::unique_lock lock{mutex};
      check(!is_held, "at the beginning");
      never.wait_for(lock, 1ms);
      check(!is_held, "two threads have the mutex");
    }
    holder.join();
  };
  const Report report = explore(body, options_for("exhaustive", 2));
  EXPECT_THAT(report, FindsNothing());
  EXPECT_TRUE(report.complete) << report;
}

bool has_row(const Finding& finding, const std::string& words) {
  return std::any_of(finding.steps.begin(), finding.steps.end(), [&](const Step& step) {
    return step.action.find(words) != std::string::npos;
  });
}

std::size_t spurious_in(const std::string& token) {
  const scheduler::Schedule schedule = scheduler::decode(token).schedule;
  return static_cast<std::size_t>(std::count_if(
      schedule.deviations.begin(), schedule.deviations.end(), [](const auto& deviation) {
        return deviation.is_value && scheduler::is_spurious(deviation.kind);
      }));
}

TEST(SpuriousWakeups, StandInTheTable) {
  Report report = explore(wait_once<std::condition_variable>, options_for("random", 1));
  ASSERT_THAT(report, FindsAssertion());
  EXPECT_TRUE(has_row(report.findings[0], ": wakes up spuriously")) << report;
  report = explore(wait_once_on_a_futex, options_for("exhaustive", 1));
  ASSERT_THAT(report, FindsAssertion());
  EXPECT_TRUE(has_row(report.findings[0], "is 0: wakes up spuriously")) << report;
}

TEST(SpuriousWakeups, AreNoMoreThanTheFindingNeeds) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Options options = options_for("random", 3);
    options.seed = seed;
    const Report report = explore(count_fruitless_wakeups<1>, options);
    ASSERT_THAT(report, FindsAssertion());
    EXPECT_EQ(spurious_in(report.findings[0].token), 2u) << report;
  }
}

// An update that is lost with and without: the table does not tell of what has nothing to do with
// it, even where more steps are needed without.
TEST(SpuriousWakeups, AreLeftOutOfWhatHappensWithoutThem) {
  const auto body = [] {
    std::mutex mutex;
    std::condition_variable opened;
    bool is_open = false;
    std::atomic<int> sum{0};
    std::thread other{[&] {
      {
        std::unique_lock lock{mutex};
        while (!is_open) opened.wait(lock);
      }
      sum = sum + 1;
    }};
    {
      const std::lock_guard lock{mutex};
      is_open = true;
    }
    opened.notify_one();
    sum = sum + 1;
    other.join();
    check(sum == 2, "an update was lost");
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Options options = options_for("random", 3);
    options.seed = seed;
    const Report report = explore(body, options);
    ASSERT_THAT(report, FindsAssertion());
    EXPECT_EQ(spurious_in(report.findings[0].token), 0u) << report;
  }
}

TEST(SpuriousWakeups, AreReplayedWithoutTheOption) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Options options = options_for("random", 2);
    options.seed = seed;
    options.minimise = seed % 2 == 0;
    options.jobs = 1 + seed % 3;
    const Report found = explore(wait_once<std::condition_variable>, options);
    ASSERT_THAT(found, FindsAssertion());
    Options replaying;
    replaying.replay = found.findings[0].token;
    const Report again = explore(wait_once<std::condition_variable>, replaying);
    ASSERT_THAT(again, FindsAssertion());
    EXPECT_EQ(again.findings[0].token, found.findings[0].token);
    EXPECT_TRUE(again.findings[0].notes.empty()) << again;
  }
}

// In another process: this program runs itself, with only the next test.
TEST(SpuriousWakeupElsewhere, IsTooEarly) {
  const Report report = explore(wait_once<std::condition_variable>, options_for("random", 1));
  ASSERT_THAT(report, FindsAssertion());
  tests::print_result(report.findings[0].token + "\n" + report.findings[0].text());
}

TEST(SpuriousWakeups, AreReplayedInAnotherProcess) {
  const tests::Program program{"--gtest_filter=SpuriousWakeupElsewhere.*"};
  const tests::Ending found = program.run({});
  ASSERT_EQ(found.exit_code, 0) << found.output;
  const std::string token = found.result.substr(0, found.result.find('\n'));
  const tests::Ending again = program.run({{"RADDLE_REPLAY", token}});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(again.result.substr(0, again.result.find('\n')), token);
  EXPECT_THAT(again.result, HasSubstr("wakes up spuriously"));
}

TEST(SpuriousWakeups, RepeatThemselves) {
  const auto explore_once = [] {
    return explore(wait_once<std::condition_variable>, options_for("random", 1));
  };
  const Report first = explore_once(), second = explore_once();
  EXPECT_EQ(first.executions, second.executions);
  ASSERT_FALSE(first.clean());
  EXPECT_EQ(first.findings[0].token, second.findings[0].token);
}

}  // namespace
}  // namespace raddle
