// A token gives the same finding again: in this process, in another one, at other addresses.
#include "tests/harness/bodies.hpp"
#include "tests/harness/program.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace raddle {
namespace {

// What a replay must repeat: all but the number of the execution.
std::string gist(const Finding& finding) {
  std::string text = finding.token + "\n" + finding.summary + "\n";
  for (const Step& step : finding.steps) {
    text += std::to_string(step.number) + " T" + std::to_string(step.thread) + " " + step.action +
            " " + step.value + "\n";
  }
  return text;
}

Report replay(void (*body)(), const std::string& token) {
  Options options;
  options.replay = token;
  return explore(body, options);
}

void expect_round_trip(void (*body)(), Options options) {
  const Report found = explore(body, options);
  ASSERT_FALSE(found.clean());
  for (const Finding& finding : found.findings) {
    const Report again = replay(body, finding.token);
    ASSERT_EQ(again.findings.size(), 1u) << again;
    EXPECT_EQ(gist(again.findings[0]), gist(finding));
    EXPECT_EQ(again.limit, "replay");
  }
}

TEST(Replay, GivesTheSameFindingInTheSameProcess) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Options options = tests::with_seed(seed);
    options.jobs = seed % 3 + 1u;
    options.minimise = seed % 2 == 0;
    expect_round_trip(tests::race_on_counter, options);
    expect_round_trip(tests::lose_atomic_update, options);
    expect_round_trip(tests::lose_atomic_update_among_others, options);
    expect_round_trip(tests::lock_in_opposite_orders, options);
    options.on_race = OnRace::Explore;
    expect_round_trip(tests::race_on_counter, options);
  }
}

struct Shape {
  virtual ~Shape() = default;
  int size = 1;
};

// What is in fresh memory depends on earlier executions, and with it whether a constructor
// changes the pointer to the virtual table that it finds there.
TEST(Replay, DoesNotDependOnWhatEarlierExecutionsLeftInMemory) {
  const auto body = [] {
    auto shape = std::make_unique<Shape>();
    std::atomic<int> sum{0};
    std::thread a{[&] { sum = sum + shape->size; }};
    std::thread b{[&] { sum = sum + shape->size; }};
    // A failed execution leaves the shape behind, so that the next one has other memory.
    a.join();
    b.join();
    check(sum == 2);
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (const unsigned jobs : {1u, 2u}) {
      Options options = tests::with_seed(seed);
      options.jobs = jobs;
      expect_round_trip(body, options);
    }
  }
}

// In another process: this program runs itself, with only the next two tests.
TEST(ReplayElsewhere, LosesAnUpdate) {
  const Report report = explore(tests::lose_atomic_update, tests::with_seed(4));
  ASSERT_THAT(report, FindsAssertion());
  tests::print_result(gist(report.findings[0]));
}

TEST(ReplayElsewhere, Deadlocks) {
  const Report report = explore(tests::lock_in_opposite_orders, tests::with_seed(4));
  ASSERT_THAT(report, FindsDeadlock());
  tests::print_result(gist(report.findings[0]));
}

class ReplayInAnotherProcess : public testing::TestWithParam<const char*> {};

TEST_P(ReplayInAnotherProcess, GivesTheSameFindingAtAnyAddressLayout) {
  const tests::Program program{"--gtest_filter=ReplayElsewhere." + std::string{GetParam()}};
  const tests::Ending found = program.run({});
  ASSERT_EQ(found.exit_code, 0) << found.output;
  const std::string token = found.result.substr(0, found.result.find('\n'));
  ASSERT_TRUE(token.starts_with("r1-")) << found.output;
  for (const bool is_layout_fixed : {false, true, false}) {
    for (const char* jobs : {"1", "2"}) {
      const tests::Ending again =
          program.run({{"RADDLE_REPLAY", token}, {"RADDLE_JOBS", jobs}}, is_layout_fixed);
      EXPECT_EQ(again.exit_code, 0) << again.output;
      EXPECT_EQ(again.result, found.result);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tests, ReplayInAnotherProcess,
                         testing::Values("LosesAnUpdate", "Deadlocks"),
                         [](const auto& info) { return std::string{info.param}; });

}  // namespace
}  // namespace raddle
