// What ends an exploration, and what a body may ask for: limits, choose(), check().
#include "tests/harness/bodies.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <chrono>
#include <set>
#include <sys/mman.h>
#include <thread>
#include <utility>

namespace raddle {
namespace {

// Memory that worker processes share with the test.
template <class T>
class SharedWithWorkers {
 public:
  SharedWithWorkers()
      : memory_{static_cast<T*>(
            mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))} {}
  ~SharedWithWorkers() { munmap(memory_, sizeof(T)); }
  T* operator->() { return memory_; }
  T& operator*() { return *memory_; }

 private:
  T* memory_;
};

TEST(Limits, SoManyExecutionsAreRun) {
  for (const unsigned jobs : {1u, 2u, 3u}) {
    for (const std::uint64_t executions : {1u, 63u, 64u, 65u, 1000u}) {
      Options options = tests::with_seed(1);
      options.jobs = jobs;
      options.executions = executions;
      options.strategy = "random";
      const Report report = explore(tests::count_under_mutex, options);
      EXPECT_EQ(report.executions, executions) << jobs << " workers";
      EXPECT_EQ(report.limit, "executions");
    }
  }
}

TEST(Limits, TimeEndsAnExploration) {
  for (const unsigned jobs : {1u, 2u}) {
    Options options = tests::with_seed(1);
    options.jobs = jobs;
    options.executions = 1'000'000'000;
    options.strategy = "random";  // the default would be complete before
    options.time_s = 0.3;
    const Report report = explore(tests::count_under_mutex, options);
    EXPECT_EQ(report.limit, "time");
    EXPECT_THAT(report, FindsNothing());
    EXPECT_GT(report.executions, 10u);
    EXPECT_GE(report.elapsed_s, 0.3);
    EXPECT_LT(report.elapsed_s, 5);
  }
}

TEST(Limits, TimeIsKeptWhenEachExecutionIsLong) {
  Options options = tests::with_seed(1);
  options.executions = 1'000'000;
  options.time_s = 0.2;
  options.jobs = 1;
  const Report report = explore(
      [] {
        std::atomic<int> counter{0};
        for (int i = 0; i < 200'000; ++i) ++counter;
      },
      options);
  EXPECT_EQ(report.limit, "time");
  EXPECT_LT(report.elapsed_s, 5);
}

TEST(Limits, StepsEndAnExecution) {
  Options options = tests::with_seed(1);
  options.steps_max = 5000;
  const Report report = explore(
      [] {
        std::atomic<int> counter{0};
        for (int i = 0; i < 10'000; ++i) ++counter;
      },
      options);
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_EQ(report.findings[0].kind, FindingKind::StepLimit);
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("more than 5000 events"));
  options.steps_max = 50'000;
  options.executions = 20;
  EXPECT_THAT(explore(
                  [] {
                    std::atomic<int> counter{0};
                    for (int i = 0; i < 10'000; ++i) ++counter;
                  },
                  options),
              FindsNothing());
}

TEST(Limits, AScheduleTooLongToKeepIsAFindingWithoutAToken) {
  Options options = tests::with_seed(1);
  options.strategy = "random:1";
  options.steps_max = 2'000'000;
  const Report report = explore(
      [] {
        std::atomic<int> counter{0};
        const auto count = [&] {
          for (int i = 0; i < 200'000; ++i) ++counter;
        };
        std::thread a{count}, b{count};
        a.join();
        b.join();
        check(counter != 400'000 || choose(2) == 0, "counted");
      },
      options);
  ASSERT_THAT(report, FindsAssertion());
  EXPECT_EQ(report.findings[0].token, "");
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("more than the 262144"));
}

TEST(Choose, ReachesEveryCombination) {
  struct Seen {
    std::atomic<int> times[3][4][2];
  };
  SharedWithWorkers<Seen> seen;
  Options options = tests::with_seed(9);
  options.executions = 1000;
  options.jobs = 2;
  const Report report = explore(
      [&] {
        const std::size_t a = choose(3), b = choose(4);
        std::size_t c = 0;
        std::thread thread{[&] { c = choose(2); }};
        thread.join();
        ++seen->times[a][b][c];
      },
      options);
  EXPECT_THAT(report, FindsNothing());
  for (auto& of_a : seen->times) {
    for (auto& of_b : of_a) {
      for (auto& times : of_b) EXPECT_GT(times.load(), 0);
    }
  }
}

TEST(Choose, IsReplayed) {
  const auto body = [] {
    const std::size_t a = choose(5), b = choose(7);
    check(a != 3 || b != 6, "three and six");
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Report found = explore(body, tests::with_seed(seed));
    ASSERT_THAT(found, FindsAssertion());
    Options options;
    options.replay = found.findings[0].token;
    const Report again = explore(body, options);
    ASSERT_THAT(again, FindsAssertion());
    EXPECT_EQ(again.findings[0].token, options.replay);
  }
}

TEST(Choose, OfOneIsNoChoice) {
  Options options = tests::with_seed(1);
  options.executions = 10;
  const Report report = explore([] { check(choose(1) == 0); }, options);
  EXPECT_THAT(report, FindsNothing());
  EXPECT_EQ(report.decisions.max, 0u);
}

TEST(Choose, OfNoneOrTooManyIsAnError) {
  EXPECT_THROW(choose(2), UsageError) << "outside an exploration";
  for (const std::size_t n : {std::size_t{0}, std::size_t{65536}}) {
    const Report report = explore([n] { choose(n); }, tests::with_seed(1));
    ASSERT_THAT(report, FindsException());
    EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("from 1 to 65535"));
  }
}

TEST(Check, EndsTheExecutionThere) {
  SharedWithWorkers<std::atomic<int>> after;
  const Report report = explore(
      [&] {
        check(true, "fine");
        std::thread{[] { check(false, "of the thread"); }}.join();
        ++*after;
      },
      tests::with_seed(1));
  ASSERT_THAT(report, FindsAssertion());
  EXPECT_THAT(report.findings[0].summary, testing::HasSubstr("of the thread"));
  EXPECT_THAT(report.findings[0].summary, testing::HasSubstr("limits_test.cpp"));
  EXPECT_EQ(after->load(), 0);
}

TEST(Check, OutsideAnExplorationIsAnErrorIfItFails) {
  check(true);
  EXPECT_THROW(check(false, "outside"), UsageError);
}

}  // namespace
}  // namespace raddle
