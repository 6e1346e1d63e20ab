// The text of findings made by hand: no debug information is needed.
#include "harness/report/paint.hpp"
#include "tests/report/golden.hpp"
#include <raddle/raddle.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace raddle::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Step step(std::uint64_t number, int thread, std::string action, std::string value, int line,
          bool is_key = false) {
  Step made;
  made.number = number;
  made.thread = thread;
  made.action = std::move(action);
  made.value = std::move(value);
  made.where = {"Account::withdraw", "/src/account.hpp", line};
  made.is_key = is_key;
  return made;
}

Step skipped(std::uint64_t count) {
  Step made;
  made.skipped = count;
  made.action = "... " + std::to_string(count) + " more steps";
  return made;
}

Finding race() {
  Finding finding;
  finding.kind = FindingKind::DataRace;
  finding.summary = "data race on `Account::balance_` (4 bytes), account.hpp:15 and account.hpp:14";
  finding.token = "r1-7YJQ2";
  finding.execution = 3;
  finding.preemptions = 1;
  finding.object = {"Account::balance_", "int", 4};
  finding.threads = {{0, "main", "", {}}, {1, "T1", "withdraw", {}}, {2, "T2", "withdraw", {}}};
  finding.steps = {step(1, 0, "write balance_ <- 100", "100", 10),
                   step(2, 1, "read  balance_ -> 100", "100", 14, true),
                   step(3, 2, "read  balance_ -> 100", "100", 14),
                   step(4, 2, "write balance_ <- 20", "20", 15, true)};
  const Frame lambda{"Account_NeverOverdrawn::lambda", "/src/account_test.cpp", 8};
  finding.sites = {
      {"T2 wrote 4 bytes here", 2, {{"Account::withdraw", "/src/account.hpp", 15}, lambda}},
      {"T1 had read 4 bytes here", 1, {{"Account::withdraw", "/src/account.hpp", 14}, lambda}},
      {"T1 was created here", 0, {{"Account_NeverOverdrawn", "/src/account_test.cpp", 8}}}};
  finding.notes = {"`Account::balance_`: int, local variable of `Account_NeverOverdrawn`.",
                   "Nothing orders the two accesses: T1 held no mutex, T2 held no mutex."};
  return finding;
}

Finding deadlock() {
  Finding finding;
  finding.kind = FindingKind::Deadlock;
  finding.summary =
      "deadlock: T1 and T2 wait for each other on `to.mutex_`, `from.mutex_`, bank.hpp:22";
  finding.threads = {{0, "main", "", {}}, {1, "T1", "transfer", {}}, {2, "T2", "transfer", {}}};
  finding.steps = {step(1, 1, "lock from.mutex_", "", 21, true), skipped(12),
                   step(2, 2, "lock to.mutex_", "", 21, true),
                   step(3, 1, "waits for to.mutex_", "", 22, true),
                   step(4, 2, "waits for from.mutex_", "", 22, true)};
  finding.sites = {{"T1 waits for `to.mutex_` here", 1, {{"transfer", "/src/bank.hpp", 22}}},
                   {"T2 had taken `to.mutex_` here", 2, {{"transfer", "/src/bank.hpp", 21}}}};
  finding.notes = {
      "T1 holds `from.mutex_` (taken in `transfer`, bank.hpp:21) and waits for `to.mutex_` (in "
      "`transfer`, bank.hpp:22), which T2 holds."};
  finding.replay_command = "RADDLE_REPLAY=r1-AAAA ./bank_test --gtest_filter=Bank.Transfer";
  return finding;
}

TEST(FindingText, ShowsARaceAsATableWithBothStacks) {
  testing::expect_golden("report", "race", race().text());
}

TEST(FindingText, ShowsADeadlockWithItsCycleInSentences) {
  testing::expect_golden("report", "deadlock", deadlock().text());
}

TEST(FindingText, FitsManyThreadsAndLongNamesIntoTheScreen) {
  Finding finding = race();
  finding.sites.clear();
  finding.notes.clear();
  for (int i = 3; i < 7; ++i) {
    finding.threads.push_back({i, "T" + std::to_string(i), "withdraw_with_a_long_name", {}});
    finding.steps.push_back(step(static_cast<std::uint64_t>(i) + 2, i,
                                 "read  balance_of_the_central_bank_ -> 100", "100", 14));
  }
  const std::string text = finding.text();
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 100U) << line;
  testing::expect_golden("report", "many_threads", text);
}

TEST(FindingText, IsPaintedOnlyOnRequest) {
  EXPECT_THAT(race().text(), Not(HasSubstr("\033")));
  EXPECT_THAT(race().text(true), HasSubstr("\033[31m"));
}

TEST(FindingText, IsShortWhenLittleIsKnown) {
  Finding finding;
  finding.kind = FindingKind::Crash;
  finding.summary = "crash in main: SIGSEGV";
  EXPECT_EQ(finding.text(), "crash in main: SIGSEGV\n");
}

TEST(ReportText, SaysHowMuchWasTriedWhenNothingWasFound) {
  Report report;
  report.test = "Account.NeverOverdrawn";
  report.strategy = "random";
  report.seed = 7;
  report.executions = 10'000;
  report.elapsed_s = 1.5;
  EXPECT_EQ(report.text(),
            "Account.NeverOverdrawn: nothing found in 10000 executions, strategy random, seed 7, "
            "1.50 s\n");
}

TEST(ReportText, PrintsEveryFinding) {
  Report report;
  report.executions = 1;
  report.findings = {race(), deadlock()};
  std::ostringstream out;
  out << report;
  EXPECT_THAT(out.str(), HasSubstr("2 findings in 1 execution,"));
  EXPECT_THAT(out.str(), HasSubstr("data race on"));
  EXPECT_THAT(out.str(), HasSubstr("deadlock:"));
}

TEST(FindingKind, HasANameForEveryOne) {
  for (int kind = 0; kind <= static_cast<int>(FindingKind::StepLimit); ++kind) {
    EXPECT_NE(name(static_cast<FindingKind>(kind)), "unknown") << kind;
  }
}

TEST(Paint, CutsTextAtCharactersNotBytes) {
  EXPECT_EQ(clipped("abcdef", 4), "abc…");
  EXPECT_EQ(clipped("äöü", 3), "äöü");
  EXPECT_EQ(clipped("äöüß", 3), "äö…");
  EXPECT_EQ(padded("…", 3), "…  ");
}

}  // namespace
}  // namespace raddle::report
