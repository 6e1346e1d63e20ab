#include "cases/catalogue.hpp"
#include "cases/verdict.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace raddle::cases {
namespace {

struct Subject {
  const Case* one;
  const Version* version;
};

void PrintTo(const Subject& subject, std::ostream* out) {
  *out << test_name(*subject.one, *subject.version);
}

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const Case& one : catalogue()) {
    for (const Version& version : one.versions) all.push_back({&one, &version});
  }
  return all;
}

class EveryVersion : public testing::TestWithParam<Subject> {
 protected:
  Report explore_with(const std::string& strategy) {
    Options options;
    options.strategy = strategy;
    // A fixed seed: whether a sampled bug is found must not depend on luck here.
    options.seed = 1;
    options.executions = 1000;
    return explore_version(*GetParam().one, *GetParam().version, options);
  }
};

TEST_P(EveryVersion, HasItsVerdictUnderRandomSchedules) {
  const Report report = explore_with("random");
  EXPECT_TRUE(is_as_expected(*GetParam().version, report)) << report;
}

TEST_P(EveryVersion, HasItsVerdictUnderPct) {
  const Report report = explore_with("pct:3");
  EXPECT_TRUE(is_as_expected(*GetParam().version, report)) << report;
}

// That nothing is found in a fix is for verified_test.cpp: it can take long.
TEST_P(EveryVersion, HasItsBugFoundBySearch) {
  if (!GetParam().version->expected) return;
  const Report report = explore_with("exhaustive");
  EXPECT_TRUE(is_as_expected(*GetParam().version, report)) << report;
  EXPECT_FALSE(report.complete);
}

TEST_P(EveryVersion, GivesTheSameFindingWhenItsTokenIsReplayed) {
  const Version& version = *GetParam().version;
  if (!version.expected) return;
  const Report found = explore_with("random");
  const Finding* const finding = judged_finding(version, found);
  ASSERT_NE(finding, nullptr);

  Options options;
  options.replay = finding->token;
  const Report replayed = explore_version(*GetParam().one, version, options);
  EXPECT_EQ(replayed.executions, 1u);
  const Finding* const again = judged_finding(version, replayed);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->kind, finding->kind);
  EXPECT_EQ(again->summary, finding->summary);
  EXPECT_EQ(again->token, finding->token);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryVersion, testing::ValuesIn(subjects()),
                         [](const testing::TestParamInfo<Subject>& subject) {
                           return subject.param.one->name + "_" + subject.param.version->name;
                         });

}  // namespace
}  // namespace raddle::cases
