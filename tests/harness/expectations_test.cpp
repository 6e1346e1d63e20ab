// EXPECT_* and ASSERT_* in bodies, fixtures, and the matchers on reports.
#include "tests/harness/bodies.hpp"
#include "tests/harness/program.hpp"
#include <raddle/gtest.hpp>

#include <gtest/gtest-spi.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

namespace raddle {
namespace {

Report explore_once(void (*body)()) {
  Options options = tests::with_seed(1);
  options.executions = 200;
  return explore(body, options);
}

TEST(Expectations, FailTheExecutionOnTheBodysThread) {
  const Report report = explore_once([] { EXPECT_EQ(1 + 1, 3) << "sum"; });
  ASSERT_THAT(report, FindsAssertion());
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("1 + 1"));
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("sum"));
  EXPECT_THAT(report.findings[0].summary, testing::HasSubstr("in main"));
}

TEST(Expectations, FailTheExecutionOnAnyThread) {
  const Report report = explore_once([] {
    std::thread first{[] {}};
    std::thread second{[] { EXPECT_TRUE(false) << "on the second"; }};
    first.join();
    second.join();
  });
  ASSERT_THAT(report, FindsAssertion());
  EXPECT_THAT(report.findings[0].summary, testing::HasSubstr("in T2"));
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("on the second"));
}

TEST(Expectations, AreAttributedToTheirExecution) {
  Options options = tests::with_seed(1);
  options.executions = 1000;
  const Report report = explore(
      [] {
        std::atomic<int> last{0};
        std::thread a{[&] { last = 1; }};
        std::thread b{[&] { last = 2; }};
        a.join();
        b.join();
        EXPECT_EQ(last, 2);
      },
      options);
  ASSERT_THAT(report, FindsAssertion());
  EXPECT_GT(report.findings[0].execution, 1u) << "the default schedule is a good one";
  EXPECT_EQ(report.executions, report.findings[0].execution);
  EXPECT_EQ(report.limit, "finding");
}

TEST(Expectations, TheFirstThatFailsCounts) {
  const Report report = explore_once([] {
    EXPECT_EQ(1, 1);
    EXPECT_EQ(1, 2);
    EXPECT_EQ(1, 3);
  });
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("2"));
}

TEST(Expectations, AssertLeavesTheFunctionAndNotTheExecution) {
  const Report report = explore_once([] {
    const auto part = [] {
      ASSERT_TRUE(false) << "left here";
      check(false, "and went on");
    };
    part();
  });
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("left here"));
  EXPECT_THAT(report.findings[0].text(), testing::Not(testing::HasSubstr("and went on")));
}

TEST(Expectations, OfCodeBesideTheExplorationFailTheTestItself) {
  EXPECT_NONFATAL_FAILURE(
      {
        explore_once([] {});
        EXPECT_TRUE(false) << "beside";
      },
      "beside");
}

// --- Tests whose body is explored. ---

RADDLE_TEST(Explored, APassingBodyPasses) {
  std::atomic<int> counter{0};
  std::thread a{[&] { ++counter; }};
  std::thread b{[&] { ++counter; }};
  a.join();
  b.join();
  EXPECT_EQ(counter, 2);
}

RADDLE_TEST_WITH(Explored, OptionsAreTaken, .strategy = "pct:2", .executions = 50, .jobs = 1) {
  tests::count_under_mutex();
}

class Counted : public testing::Test {
 protected:
  static void SetUpTestSuite() { suites_set_up = 1; }
  void SetUp() override { steps.push_back(1); }
  void TearDown() override { EXPECT_EQ(steps.size(), 2u); }

  std::vector<int> steps;
  static int suites_set_up;
};
int Counted::suites_set_up = 0;

RADDLE_TEST_F(Counted, EachExecutionHasItsOwnFixture) {
  EXPECT_EQ(suites_set_up, 1);
  ASSERT_EQ(steps.size(), 1u);
  std::thread{[this] { steps.push_back(2); }}.join();
}

class Skipping : public testing::Test {
 protected:
  void SetUp() override { GTEST_SKIP() << "nothing to do"; }
};

RADDLE_TEST_F(Skipping, DoesNotRunItsBody) { FAIL() << "the body ran"; }

// --- Those that fail: in another process, where the environment asks for them. ---

void fail_in_some_order() { tests::lose_atomic_update(); }
void misuse_options() {}

class Dropped : public testing::Test {
 public:
  void TestBody() override {}

 protected:
  void TearDown() override { FAIL() << "torn down badly"; }
};

const bool has_failing_tests = [] {
  if (std::getenv("WITH_FAILING_TESTS") == nullptr) return false;
  const auto id = testing::internal::GetTestTypeId();
  gtest::add_test<testing::Test>({"Failing", "Body", __FILE__, __LINE__}, id, fail_in_some_order,
                                 [] { return Options{.seed = 3}; });
  gtest::add_test<testing::Test>({"Failing", "Options", __FILE__, __LINE__}, id, misuse_options,
                                 [] { return Options{.strategy = "guess"}; });
  gtest::add_test<Dropped>({"FailingFixture", "TearDown", __FILE__, __LINE__},
                           testing::internal::GetTypeId<Dropped>(),
                           gtest::run_with_fixture<Dropped>, [] { return Options{.seed = 3}; });
  return true;
}();

TEST(FailingTests, SayWhatIsWrongAndHowToReplayIt) {
  const tests::Ending ending = tests::Program{"--gtest_filter='Failing.*:FailingFixture.*'"}.run(
      {{"WITH_FAILING_TESTS", "1"}});
  EXPECT_EQ(ending.exit_code, 1);
  EXPECT_THAT(ending.output, testing::HasSubstr("3 FAILED TESTS"));
  EXPECT_THAT(ending.output, testing::HasSubstr("an increment was lost"));
  EXPECT_THAT(ending.output, testing::ContainsRegex(
                                 "RADDLE_REPLAY=r1-[-_A-Za-z0-9]+ .*--gtest_filter=Failing.Body"));
  EXPECT_THAT(ending.output, testing::HasSubstr("unknown strategy \"guess\""));
  EXPECT_THAT(ending.output, testing::HasSubstr("failed check in main: torn down badly"));
  EXPECT_THAT(ending.output, testing::Not(testing::HasSubstr("not deterministic")));
}

TEST(FailingTests, AreReplayedByTheLineThatTheyPrint) {
  const tests::Program program{"--gtest_filter='Failing.Body'"};
  const tests::Ending found = program.run({{"WITH_FAILING_TESTS", "1"}});
  const std::size_t at = found.output.find("RADDLE_REPLAY=r1-");
  ASSERT_NE(at, std::string::npos) << found.output;
  const std::size_t from = at + std::string{"RADDLE_REPLAY="}.size();
  const std::string token = found.output.substr(from, found.output.find(' ', from) - from);
  const tests::Ending again = program.run({{"WITH_FAILING_TESTS", "1"}, {"RADDLE_REPLAY", token}});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.output, testing::HasSubstr("an increment was lost"));
  EXPECT_THAT(again.output, testing::HasSubstr("RADDLE_REPLAY=" + token + " "));
}

// --- Matchers. ---

Report report_of(FindingKind kind, const std::string& object = "") {
  Report report;
  report.executions = 7;
  Finding finding;
  finding.kind = kind;
  finding.object.name = object;
  report.findings.push_back(finding);
  return report;
}

TEST(Matchers, EachMatchesItsKindAndNoOther) {
  const std::vector<std::pair<FindingKind, testing::Matcher<const Report&>>> matchers{
      {FindingKind::DataRace, FindsRace()},
      {FindingKind::Deadlock, FindsDeadlock()},
      {FindingKind::LostWakeup, FindsLostWakeup()},
      {FindingKind::MutexMisuse, FindsMutexMisuse()},
      {FindingKind::UseAfterFree, FindsUseAfterFree()},
      {FindingKind::DoubleFree, Finds(FindingKind::DoubleFree)},
      {FindingKind::Assertion, FindsAssertion()},
      {FindingKind::Exception, FindsException()},
      {FindingKind::Crash, FindsCrash()}};
  for (const auto& [kind, ignored] : matchers) {
    const Report report = report_of(kind);
    for (const auto& [matched, matcher] : matchers) {
      EXPECT_EQ(matcher.Matches(report), matched == kind) << name(matched) << " on " << name(kind);
      EXPECT_FALSE(matcher.Matches(Report{}));
    }
    EXPECT_FALSE(testing::Matcher<const Report&>(FindsNothing()).Matches(report));
  }
  EXPECT_TRUE(testing::Matcher<const Report&>(FindsNothing()).Matches(Report{}));
}

TEST(Matchers, KnowAnObjectByItsLastPart) {
  const Report report = report_of(FindingKind::DataRace, "Account::balance_");
  EXPECT_THAT(report, FindsRaceOn("balance_"));
  EXPECT_THAT(report, FindsRaceOn("Account::balance_"));
  EXPECT_THAT(report, testing::Not(FindsRaceOn("lance_")));
  EXPECT_THAT(report, testing::Not(FindsRaceOn("other")));
}

TEST(Matchers, SayWhatWasFoundInstead) {
  EXPECT_NONFATAL_FAILURE(EXPECT_THAT(report_of(FindingKind::Deadlock), FindsRace()),
                          "which finds a deadlock");
  EXPECT_NONFATAL_FAILURE(EXPECT_THAT(Report{}, FindsRace()),
                          "which finds nothing in 0 executions");
}

}  // namespace
}  // namespace raddle
