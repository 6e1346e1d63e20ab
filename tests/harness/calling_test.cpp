// How explore() may be called, and what the environment says.
#include "tests/harness/bodies.hpp"
#include "tests/harness/program.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

namespace raddle {
namespace {

// A variable of the environment, for one test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_{name} { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

std::string error_of(void (*body)(), const Options& options = tests::with_seed(1)) {
  try {
    explore(body, options);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Explore, WorksOnASecondThread) {
  Report found, clean;
  std::thread{[&] {
    found = explore(tests::lose_atomic_update, tests::with_seed(1));
    Options options = tests::with_seed(1);
    options.jobs = 1;
    options.executions = 100;
    clean = explore(tests::count_under_mutex, options);
  }}.join();
  EXPECT_THAT(found, FindsAssertion());
  EXPECT_THAT(clean, FindsNothing());
  EXPECT_EQ(clean.executions, 100u);
}

TEST(Explore, OnTwoThreadsIsDoneOneAfterTheOther) {
  Report reports[4];
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&reports, i] {
      Options options = tests::with_seed(i + 1);
      options.jobs = i % 2 + 1;
      options.executions = 300;
      options.strategy = "random";
      options.test = "side by side";
      reports[i] = explore(i < 2 ? tests::lose_atomic_update : tests::count_under_mutex, options);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (unsigned i = 0; i < 4; ++i) {
    if (i < 2) {
      EXPECT_THAT(reports[i], FindsAssertion());
    } else {
      EXPECT_THAT(reports[i], FindsNothing());
      EXPECT_EQ(reports[i].executions, 300u);
    }
  }
}

TEST(Explore, InABodyIsAnErrorThere) {
  for (const unsigned jobs : {1u, 2u}) {
    Options options = tests::with_seed(1);
    options.jobs = jobs;
    const Report report = explore([] { explore([] {}); }, options);
    ASSERT_THAT(report, FindsException());
    EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("explorations do not nest"));
  }
  EXPECT_THAT(explore(tests::lose_atomic_update, tests::with_seed(1)), FindsAssertion());
}

TEST(Explore, InAThreadOfABodyIsAnErrorThere) {
  const Report report = explore(
      [] {
        std::thread{[] {
          try {
            explore([] {});
            check(false, "no error");
          } catch (const UsageError&) {
          }
        }}.join();
      },
      tests::with_seed(1));
  EXPECT_THAT(report, FindsNothing()) << report;
}

TEST(Explore, NeedsABody) {
  EXPECT_THROW(explore(std::function<void()>{}, tests::with_seed(1)), UsageError);
}

TEST(Explore, NeedsAnExecution) {
  Options options = tests::with_seed(1);
  options.executions = 0;
  EXPECT_THAT(error_of(tests::count_under_mutex, options),
              testing::HasSubstr("executions must be at least 1"));
}

TEST(Explore, ExceptionsOfTheBodyDoNotLeaveIt) {
  EXPECT_NO_THROW(explore([] { throw std::runtime_error("in the body"); }, tests::with_seed(1)));
}

TEST(Environment, UnknownNamesAreErrorsThatListTheValidOnes) {
  const Variable variable{"RADDLE_SEDE", "1"};
  const std::string error = error_of(tests::count_under_mutex);
  EXPECT_THAT(error, testing::HasSubstr("unknown environment variable RADDLE_SEDE"));
  EXPECT_THAT(error, testing::HasSubstr("did you mean RADDLE_SEED?"));
  EXPECT_THAT(error, testing::HasSubstr("RADDLE_EXECUTIONS"));
}

TEST(Environment, UnknownValuesAreErrorsThatListTheValidOnes) {
  const std::pair<const char*, const char*> wrong[] = {
      {"RADDLE_SEED", "a number"},   {"RADDLE_EXECUTIONS", "-1"},
      {"RADDLE_TIME", "soon"},       {"RADDLE_JOBS", "many"},
      {"RADDLE_STEPS", "0"},         {"RADDLE_WATCHDOG", "0"},
      {"RADDLE_ON_RACE", "stop"},    {"RADDLE_ALL_ACCESSES", "?"},
      {"RADDLE_MINIMISE", "maybe"},  {"RADDLE_SPURIOUS_WAKEUPS", "x"},
      {"RADDLE_WEAK_FAILURES", "y"}, {"RADDLE_REPLAY", "x"},
      {"RADDLE_STACK", "1"},         {"RADDLE_STRATEGY", "guess"}};
  for (const auto& [name, value] : wrong) {
    const Variable variable{name, value};
    EXPECT_NE(error_of(tests::count_under_mutex), "no error") << name << "=" << value;
  }
  const Variable variable{"RADDLE_STRATEGY", "pzt"};
  EXPECT_THAT(error_of(tests::count_under_mutex), testing::HasSubstr("did you mean pct?"));
}

TEST(Environment, SetsEveryOption) {
  Options given = tests::with_seed(1);
  given.executions = 30;
  given.on_race = OnRace::Ignore;
  {
    const Variable seed{"RADDLE_SEED", "42"}, strategy{"RADDLE_STRATEGY", "pct:2"};
    const Variable executions{"RADDLE_EXECUTIONS", "70"}, jobs{"RADDLE_JOBS", "3"};
    const Report report = explore(tests::count_under_mutex, given);
    EXPECT_EQ(report.seed, 42u);
    EXPECT_EQ(report.strategy, "pct:2");
    EXPECT_EQ(report.executions, 70u);
  }
  {
    const Variable on_race{"RADDLE_ON_RACE", "report"};
    EXPECT_THAT(explore(tests::race_on_counter, given), FindsRace());
  }
  {
    const Variable all{"RADDLE_ALL_ACCESSES", "yes"};
    given.executions = 1000;
    EXPECT_THAT(explore(tests::lose_plain_update, given), FindsAssertion());
  }
  {
    const Variable steps{"RADDLE_STEPS", "10"};
    EXPECT_THAT(explore(tests::count_under_mutex, given), Finds(FindingKind::StepLimit));
  }
  {
    const Variable time{"RADDLE_TIME", "200ms"}, executions{"RADDLE_EXECUTIONS", "1000000000"};
    EXPECT_EQ(explore(tests::count_under_mutex, given).limit, "time");
  }
}

TEST(Environment, SetsTheStackOfThreads) {
  const auto body = [] {
    std::thread{[] {
      volatile char large[200 * 1024];
      for (std::size_t i = 0; i < sizeof(large); i += 4096) large[i] = 1;
      check(large[0] == 1);
    }}.join();
  };
  {
    const Variable stack{"RADDLE_STACK", "1M"};
    EXPECT_THAT(explore(body, tests::with_seed(1)), FindsNothing());
  }
  const Variable stack{"RADDLE_STACK", "128K"};
  const Report report = explore(body, tests::with_seed(1));
  ASSERT_THAT(report, FindsCrash());
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("stack overflow"));
}

// --- What is printed: seen from outside. ---

TEST(PrintedBy, ASeed) {
  Options options;
  options.executions = 5;
  explore(tests::count_under_mutex, options);
}

TEST(PrintedBy, ABody) {
  Options options = tests::with_seed(1);
  options.executions = 5;
  options.jobs = 2;
  const Report report = explore(
      [] {
        std::atomic<int> last{0};
        std::thread a{[&] { last = 1; }};
        a.join();
        std::printf("printed by the body\n");
        check(last != 1, "always");
      },
      options);
  EXPECT_THAT(report, FindsAssertion());
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++times;
  return times;
}

TEST(Printed, IsTheSeedBeforeTheRun) {
  const tests::Ending ending = tests::Program{"--gtest_filter=PrintedBy.ASeed"}.run({});
  EXPECT_EQ(ending.exit_code, 0);
  EXPECT_THAT(ending.output,
              testing::ContainsRegex("raddle: PrintedBy.ASeed: RADDLE_SEED=[0-9]+ repeats"));
}

// Every worker runs the first execution; what the body prints while its schedule is made
// smaller and recorded is not seen.
TEST(Printed, IsTheBodysOutputOnceForEachExecution) {
  for (const char* jobs : {"1", "2", "3"}) {
    const tests::Ending ending =
        tests::Program{"--gtest_filter=PrintedBy.ABody"}.run({{"RADDLE_JOBS", jobs}});
    EXPECT_EQ(ending.exit_code, 0) << ending.output;
    const std::size_t times = count(ending.output, "printed by the body\n");
    EXPECT_GE(times, 1u) << ending.output;
    EXPECT_LE(times, static_cast<std::size_t>(std::atoi(jobs))) << ending.output;
  }
}

}  // namespace
}  // namespace raddle
