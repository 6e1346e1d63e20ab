#include "cases/catalogue.hpp"

#include "cases/verdict.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace raddle::cases {
namespace {

TEST(Catalogue, GivesEveryCaseAndEveryVersionANameOfItsOwn) {
  std::set<std::string> names;
  for (const Case& one : catalogue()) {
    for (const Version& version : one.versions) {
      EXPECT_TRUE(names.insert(test_name(one, version)).second) << test_name(one, version);
    }
  }
}

TEST(Catalogue, HasABuggyVersionAndAFixInEveryCase) {
  for (const Case& one : catalogue()) {
    const auto is_buggy = [](const Version& version) { return version.expected.has_value(); };
    EXPECT_TRUE(std::ranges::any_of(one.versions, is_buggy)) << one.name;
    EXPECT_FALSE(std::ranges::all_of(one.versions, is_buggy)) << one.name;
  }
}

TEST(Catalogue, FindsCasesByName) {
  const Case* const one = find_case("transfer");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->name, "transfer");
  EXPECT_EQ(find_case("no_such_case"), nullptr);
}

Report report_with(std::vector<FindingKind> kinds) {
  Report report;
  for (const FindingKind kind : kinds) report.findings.emplace_back().kind = kind;
  return report;
}

TEST(Verdict, OfAFixIsRightOnlyIfNothingIsFound) {
  const Version version = fixed("mutex", [] {});
  EXPECT_TRUE(is_as_expected(version, report_with({})));
  EXPECT_FALSE(is_as_expected(version, report_with({FindingKind::DataRace})));
}

TEST(Verdict, OfABuggyVersionIsRightOnlyIfTheExpectedIsFoundAndNothingElse) {
  const Version version = buggy(
      "bad", [] {}, FindingKind::Deadlock);
  EXPECT_TRUE(is_as_expected(version, report_with({FindingKind::Deadlock})));
  EXPECT_FALSE(is_as_expected(version, report_with({})));
  EXPECT_FALSE(is_as_expected(version, report_with({FindingKind::LostWakeup})));
  EXPECT_FALSE(
      is_as_expected(version, report_with({FindingKind::Deadlock, FindingKind::DataRace})));
}

TEST(Verdict, AllowsTheRaceThatLeadsToTheConsequenceWhenRacesAreExplored) {
  const Version version = buggy(
      "bad", [] {}, FindingKind::Assertion, OnRace::Explore);
  const Report both = report_with({FindingKind::DataRace, FindingKind::Assertion});
  EXPECT_TRUE(is_as_expected(version, both));
  EXPECT_EQ(judged_finding(version, both)->kind, FindingKind::Assertion);
  EXPECT_FALSE(is_as_expected(version, report_with({FindingKind::DataRace})));
}

}  // namespace
}  // namespace raddle::cases
