// Several worker processes that search one test find what one finds.
#include "tests/exhaustive/programs.hpp"
#include <raddle/gtest.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

namespace raddle::exhaustive {
namespace {

Options with(unsigned jobs) {
  Options options;
  options.strategy = "exhaustive";
  options.executions = 1'000'000;
  options.jobs = jobs;
  return options;
}

class Workers : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Jobs, Workers, testing::Values(1u, 2u, 3u, 8u),
                         testing::PrintToStringParamName());

// Two chosen numbers and the order of two stores.
TEST_P(Workers, ExploreEveryChosenValueOnce) {
  const auto body = [] {
    std::atomic<int> x{0};
    std::thread other{[&] { x.store(static_cast<int>(choose(40))); }};
    x.store(static_cast<int>(choose(30)));
    other.join();
  };
  const Report report = explore(body, with(GetParam()));
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.executions, 2u * 40 * 30);
  EXPECT_EQ(report.redundant, 0u);
}

TEST_P(Workers, FindTheOneBadInterleaving) {
  const auto body = [] {
    std::atomic<int> x{0};
    std::thread a{[&] { x.store(x.load() + 1); }}, b{[&] { x.store(x.load() * 3); }};
    std::thread c{[&] { x.store(x.load() + 5); }}, d{[&] { x.store(x.load() * 7); }};
    for (std::thread* thread : {&a, &b, &c, &d}) thread->join();
    check(x.load() != ((0 + 1) * 3 + 5) * 7, "all of them, in this order");
  };
  const Report report = explore(body, with(GetParam()));
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_EQ(report.findings[0].kind, FindingKind::Assertion);
  EXPECT_EQ(report.limit, "finding");
  EXPECT_FALSE(report.complete);
  EXPECT_GE(report.executions, report.findings[0].execution);
}

TEST_P(Workers, FindACrashInOneOfThem) {
  const Report report = explore(
      [] {
        std::atomic<int> x{0};
        std::thread a{[&] { x.store(1); }}, b{[&] { x.store(2); }}, c{[&] { x.store(3); }};
        for (std::thread* thread : {&a, &b, &c}) thread->join();
        if (x.load() == 1) std::raise(SIGSEGV);
      },
      with(GetParam()));
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_EQ(report.findings[0].kind, FindingKind::Crash);
}

// Nothing catches that signal.
TEST(Workers, AreMissedWhenOneIsKilled) {
  for (const unsigned jobs : {2u, 3u}) {
    const Report report = explore(
        [] {
          std::atomic<int> x{0};
          std::thread a{[&] { x.store(1); }}, b{[&] { x.store(2); }}, c{[&] { x.store(3); }};
          for (std::thread* thread : {&a, &b, &c}) thread->join();
          if (x.load() == 1) std::raise(SIGKILL);
        },
        with(jobs));
    ASSERT_EQ(report.findings.size(), 1u) << report;
    EXPECT_EQ(report.findings[0].kind, FindingKind::Crash);
  }
}

TEST_P(Workers, StopAtTheLimitTogether) {
  Options options = with(GetParam());
  options.executions = 777;
  const Report report = explore([] { fibonacci(5); }, options);
  EXPECT_EQ(report.executions + report.redundant, 777u);
  EXPECT_EQ(report.limit, "executions");
  EXPECT_FALSE(report.complete);
  EXPECT_GT(report.share, 0);
  EXPECT_LT(report.share, 1);
}

TEST_P(Workers, StopWhenTimeIsUp) {
  Options options = with(GetParam());
  options.executions = 1'000'000'000;
  options.time_s = 0.3;
  const Report report = explore([] { fibonacci(12); }, options);
  EXPECT_EQ(report.limit, "time");
  EXPECT_LT(report.elapsed_s, 60);
}

// The places that race become scheduling points for all of them, and the search begins anew.
TEST_P(Workers, BeginAnewTogetherWhereRacesAreExplored) {
  Options options = with(GetParam());
  options.on_race = OnRace::Explore;
  const auto body = [] {
    int x = 0, y = 0;
    std::atomic<int> go{0};
    std::thread a{[&] { ++x, go.store(1), ++y; }}, b{[&] { ++x, go.store(2), ++y; }};
    std::thread c{[&] { go.store(3), ++y; }};
    for (std::thread* thread : {&a, &b, &c}) thread->join();
  };
  const Report report = explore(body, options);
  EXPECT_TRUE(report.complete) << report;
  options.jobs = 1;
  EXPECT_EQ(report.executions, explore(body, options).executions);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, FindingKind::DataRace);
}

// What is known of loops that wait cannot be shared.
TEST_P(Workers, LeaveTestsThatSpinToOneOfThem) {
  const Report alone = explore([] { test_and_test_and_set(3, 1); }, with(1));
  const Report report = explore([] { test_and_test_and_set(3, 1); }, with(GetParam()));
  EXPECT_EQ(report.executions, alone.executions);
  EXPECT_EQ(report.complete, alone.complete) << report;
  EXPECT_EQ(report.left_out, alone.left_out);
}

thread_local std::atomic<int> of_this_thread{0};

// Each process has them somewhere else.
TEST_P(Workers, KnowThreadLocalVariablesByTheirThread) {
  const auto body = [] {
    std::atomic<std::atomic<int>*> known[2]{};
    std::thread threads[2];
    for (int i = 0; i < 2; ++i) {
      threads[i] = std::thread([&known, i] {
        known[i].store(&of_this_thread);
        for (int k = 0; k < 2; ++k) {
          std::atomic<int>* other = known[1 - i].load();
          if (other != nullptr) other->store(other->load() + 1);
        }
        of_this_thread.load();
        known[i].store(nullptr);
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  const Report alone = explore(body, with(1));
  EXPECT_TRUE(alone.complete) << alone;
  const Report report = explore(body, with(GetParam()));
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.executions, alone.executions);
}

}  // namespace
}  // namespace raddle::exhaustive
