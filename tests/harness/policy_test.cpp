// What a data race does to an exploration.
#include "tests/harness/bodies.hpp"
#include <raddle/gtest.hpp>

namespace raddle {
namespace {

Report explore_with(OnRace on_race, bool all_accesses = false) {
  Options options = tests::with_seed(3);
  options.on_race = on_race;
  options.all_accesses = all_accesses;
  options.executions = 1000;
  return explore(tests::lose_plain_update, options);
}

TEST(OnRace, ReportEndsTheExplorationWithTheRace) {
  const Report report = explore_with(OnRace::Report);
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_THAT(report, FindsRace());
  EXPECT_EQ(report.limit, "finding");
}

TEST(OnRace, ExploreTellsTheRaceAndGoesOnToItsConsequence) {
  const Report report = explore_with(OnRace::Explore);
  ASSERT_EQ(report.findings.size(), 2u) << report;
  EXPECT_EQ(report.findings[0].kind, FindingKind::DataRace);
  EXPECT_EQ(report.findings[1].kind, FindingKind::Assertion);
  EXPECT_EQ(report.findings[1].preemptions, 1u) << report;
}

TEST(OnRace, ExploreStaysQuietWhereNothingRaces) {
  Options options = tests::with_seed(3);
  options.on_race = OnRace::Explore;
  options.executions = 1000;
  options.strategy = "random";
  const Report report = explore(tests::count_under_mutex, options);
  EXPECT_THAT(report, FindsNothing());
  EXPECT_EQ(report.executions, 1000u);
}

TEST(OnRace, IgnoreSeesNeitherTheRaceNorWhatOnlyInterleavedAccessesShow) {
  EXPECT_THAT(explore_with(OnRace::Ignore), FindsNothing());
}

TEST(AllAccesses, ShowTheConsequenceWithoutARaceDetector) {
  const Report report = explore_with(OnRace::Ignore, true);
  EXPECT_THAT(report, FindsAssertion()) << report;
  Options replay;
  replay.replay = report.findings.at(0).token;
  const Report again = explore(tests::lose_plain_update, replay);
  ASSERT_THAT(again, FindsAssertion()) << again;
  EXPECT_EQ(again.findings[0].token, replay.replay);
}

}  // namespace
}  // namespace raddle
