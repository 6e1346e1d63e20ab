// The same seed gives the same report, whoever runs the executions.
#include "tests/harness/bodies.hpp"
#include <raddle/gtest.hpp>

#include <string>
#include <vector>

namespace raddle {
namespace {

using Body = void (*)();

struct Subject {
  const char* name;
  Body body;
  OnRace on_race;
};

void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

// What must not depend on the number of workers, in one text.
std::string gist(const Report& report) {
  std::string text = std::to_string(report.executions) + " executions, " + report.limit;
  for (const Finding& finding : report.findings) {
    text += "\n" + finding.text() + "step values:";
    for (const Step& step : finding.steps) text += " " + step.value;
  }
  return text;
}

class Repeat : public testing::TestWithParam<Subject> {
 protected:
  std::string explore_with(unsigned jobs, std::uint64_t seed, const char* strategy = "random") {
    Options options = tests::with_seed(seed);
    options.jobs = jobs;
    options.strategy = strategy;
    options.on_race = GetParam().on_race;
    options.executions = 500;
    return gist(explore(GetParam().body, options));
  }
};

TEST_P(Repeat, GivesTheSameReportWithAnyNumberOfWorkers) {
  for (const char* strategy : {"random", "pct:3"}) {
    for (const std::uint64_t seed : {1u, 77u, 123456u}) {
      const std::string alone = explore_with(1, seed, strategy);
      for (const unsigned jobs : {2u, 3u, 5u}) {
        EXPECT_EQ(explore_with(jobs, seed, strategy), alone)
            << jobs << " workers, seed " << seed << ", strategy " << strategy;
      }
    }
  }
}

TEST_P(Repeat, GivesTheSameReportAgain) { EXPECT_EQ(explore_with(2, 5), explore_with(2, 5)); }

INSTANTIATE_TEST_SUITE_P(
    Bodies, Repeat,
    testing::Values(Subject{"Race", tests::race_on_counter, OnRace::Report},
                    Subject{"RaceExplored", tests::race_on_counter, OnRace::Explore},
                    Subject{"Assertion", tests::lose_atomic_update, OnRace::Report},
                    Subject{"LongAssertion", tests::lose_atomic_update_among_others,
                            OnRace::Report},
                    Subject{"Deadlock", tests::lock_in_opposite_orders, OnRace::Report},
                    Subject{"Clean", tests::count_under_mutex, OnRace::Report}),
    [](const auto& info) { return std::string{info.param.name}; });

}  // namespace
}  // namespace raddle
