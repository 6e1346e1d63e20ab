// What is done by default: at random, then everything if it fits, else at random again.
#include <raddle/raddle.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace raddle {
namespace {

using testing::HasSubstr;

// Each thread adds so often: with 2 and 2 there are 6 interleavings, with 3 and 3 there are 1,680,
// with 5 and 3 there are 168,168,000.
std::function<void()> adds(int threads, int times) {
  return [=] {
    std::atomic<int> sum{0};
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) {
      all.emplace_back([&] {
        for (int k = 0; k < times; ++k) sum.fetch_add(1);
      });
    }
    for (std::thread& thread : all) thread.join();
    check(sum == threads * times);
  };
}

Report explore_by_default(const std::function<void()>& body, std::uint64_t executions = 10'000) {
  Options options;
  options.seed = 1;
  options.jobs = 1;
  options.executions = executions;
  return explore(body, options);
}

TEST(Portfolio, IsTheDefault) { EXPECT_EQ(Options{}.strategy, "portfolio"); }

TEST(Portfolio, ExploresEverythingIfThatFits) {
  const Report report = explore_by_default(adds(3, 3));
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.limit, "complete");
  ASSERT_EQ(report.phases.size(), 3u);
  EXPECT_EQ(report.phases[0].strategy, "mix");
  EXPECT_EQ(report.phases[0].executions, 500u);
  EXPECT_EQ(report.phases[1].strategy, "estimate");
  EXPECT_EQ(report.phases[1].executions, 250u);
  EXPECT_EQ(report.phases[2].strategy, "exhaustive");
  EXPECT_EQ(report.phases[2].executions, 1'680u);
  EXPECT_GT(report.phases[2].elapsed_s, 0);
  EXPECT_LE(report.phases[2].elapsed_s, report.elapsed_s);
  EXPECT_EQ(report.executions, 500u + 250u + 1'680u);
  EXPECT_THAT(report.text(), HasSubstr("complete: every interleaving was explored"));
}

TEST(Portfolio, GoesOnAtRandomIfItDoesNot) {
  const Report report = explore_by_default(adds(5, 3));
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.limit, "executions");
  ASSERT_EQ(report.phases.size(), 3u);
  EXPECT_EQ(report.phases[2].strategy, "mix");
  EXPECT_EQ(report.phases[2].executions, 9'250u);
  EXPECT_EQ(report.executions, 10'000u);
  EXPECT_THAT(report.text(), HasSubstr("would be all"));
}

// What fits into 10,000 executions does not fit into 1,000.
TEST(Portfolio, HasNoMoreExecutionsThanItIsGiven) {
  const Report report = explore_by_default(adds(3, 3), 1'000);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.executions, 1'000u);
}

// Where only the time is limited, the first phase must not take all of it.
TEST(Portfolio, SharesTheTime) {
  Options options;
  options.seed = 1;
  options.jobs = 1;
  options.executions = 1'000'000'000;
  options.time_s = 2;
  const Report report = explore(adds(3, 3), options);
  EXPECT_TRUE(report.complete) << report;
  ASSERT_EQ(report.phases.size(), 3u);
  EXPECT_LT(report.phases[0].elapsed_s, 1);
}

TEST(Portfolio, StopsAtAFinding) {
  const Report report = explore_by_default([] {
    std::atomic<int> sum{0};
    std::thread other{[&] { sum = sum + 1; }};
    sum = sum + 1;
    other.join();
    check(sum == 2);
  });
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.limit, "finding");
  EXPECT_EQ(report.findings[0].execution, report.executions);
}

// Only one of 4,096 executions at random has it.
TEST(Portfolio, FindsWhatOnlyTheSearchDoes) {
  const Report report = explore_by_default([] {
    std::atomic<int> place{0};
    std::thread other{[&] {
      for (int i = 0; i < 4; ++i) place.store(choose(8) == 5 && place.load() == i ? i + 1 : 100);
    }};
    other.join();
    check(place.load() != 4);
  });
  ASSERT_EQ(report.findings.size(), 1u) << report;
}

TEST(Portfolio, CountsARaceThatDoesNotEndItOnce) {
  Options options;
  options.seed = 1;
  options.jobs = 1;
  options.on_race = OnRace::Explore;
  const Report report = explore(
      [] {
        int plain = 0;
        std::thread other{[&] { plain = 1; }};
        plain = 2;
        other.join();
      },
      options);
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_EQ(report.findings[0].kind, FindingKind::DataRace);
  EXPECT_EQ(report.phases.back().strategy, "exhaustive");
}

TEST(Estimate, IsNearTheNumberOfInterleavings) {
  Options options;
  options.seed = 1;
  options.jobs = 1;
  options.executions = 1'000;
  options.strategy = "estimate";
  const Report few = explore(adds(2, 2), options);
  EXPECT_NEAR(few.estimate, 6, 0.6);
  const Report many = explore(adds(3, 3), options);
  EXPECT_NEAR(many.estimate, 1'680, 5 * many.estimate_deviation);
  EXPECT_LT(many.estimate_deviation, 168);
  EXPECT_GT(many.estimate_deviation, 0);
  const Report most = explore(adds(5, 3), options);
  EXPECT_NEAR(most.estimate, 168'168'000, 5 * most.estimate_deviation);
}

// Threads that share nothing have one interleaving.
TEST(Estimate, CountsWhatCommutesOnce) {
  Options options;
  options.seed = 1;
  options.jobs = 1;
  options.executions = 300;
  options.strategy = "estimate";
  const Report report = explore(
      [] {
        std::atomic<int> sums[3] = {};
        std::vector<std::thread> threads;
        for (std::atomic<int>& sum : sums) {
          threads.emplace_back([&sum] {
            for (int k = 0; k < 5; ++k) sum.fetch_add(1);
          });
        }
        for (std::thread& thread : threads) thread.join();
      },
      options);
  EXPECT_EQ(report.estimate, 1);
  EXPECT_EQ(report.estimate_deviation, 0);
}

}  // namespace
}  // namespace raddle
