// What people see when a program breaks, from explore() to the last line of the report.
#include "tests/golden/programs.hpp"
#include "tests/report/golden.hpp"
#include <raddle/raddle.hpp>

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace raddle {
namespace {

// Tokens change with every event that a compiler adds or leaves out, paths with the machine.
std::string as_everywhere(std::string text) {
  static const std::regex token{"r1-[A-Za-z0-9_-]+"};
  text = std::regex_replace(text, token, "r1-TOKEN");
  static const std::regex command{"r1-TOKEN \\S*golden_test"};
  text = std::regex_replace(text, command, "r1-TOKEN golden_test");
  static const std::regex depth{"[0-9]+ more calls"};  // until the stack is full
  text = std::regex_replace(text, depth, "N more calls");
  static const std::regex path{"\\S*golden/programs.cpp"};
  text = std::regex_replace(text, path, "tests/golden/programs.cpp");
  return text;
}

void expect_findings(const std::string& name, void (*body)(), Options options = {}) {
  options.seed = 1;
  options.executions = 1000;
  if (options.jobs == 0) options.jobs = 2;
  const Report report = explore(body, options);
  ASSERT_FALSE(report.findings.empty());
  std::string text;
  for (const Finding& finding : report.findings) text += finding.text();
  report::testing::expect_golden("findings", name, as_everywhere(text));
}

TEST(Findings, DataRace) { expect_findings("data_race", program::overdraws); }
TEST(Findings, DataRaceOnLocals) { expect_findings("locals", program::counts_in_locals); }
TEST(Findings, LongExecution) { expect_findings("long_execution", program::counts_a_thousand); }
TEST(Findings, DeadlockOfTwo) { expect_findings("deadlock_of_two", program::transfers_both_ways); }
TEST(Findings, DeadlockOfThree) { expect_findings("deadlock_of_three", program::dines); }
TEST(Findings, LostWakeup) { expect_findings("lost_wakeup", program::notifies_too_early); }
TEST(Findings, BrokenPromise) { expect_findings("broken_promise", program::forgets_its_promise); }
TEST(Findings, DoubleLock) { expect_findings("double_lock", program::locks_twice); }
TEST(Findings, UnlockByAnother) {
  expect_findings("unlock_by_another", program::unlocks_for_another);
}
TEST(Findings, DestroyHeldMutex) {
  expect_findings("destroy_held_mutex", program::destroys_a_held_mutex);
}
TEST(Findings, UseAfterFree) { expect_findings("use_after_free", program::outlives_its_object); }
TEST(Findings, DoubleFree) { expect_findings("double_free", program::deletes_twice); }
TEST(Findings, Expectation) { expect_findings("expectation", program::expects_too_much); }
TEST(Findings, Exception) { expect_findings("exception", program::throws_in_a_thread); }
TEST(Findings, Crash) { expect_findings("crash", program::follows_a_null_pointer); }
TEST(Findings, StackOverflow) { expect_findings("stack_overflow", program::recurses_for_ever); }

TEST(Findings, StepLimit) {
  Options options;
  options.steps_max = 2000;
  expect_findings("step_limit", program::spins_for_ever, options);
}

TEST(Findings, UncontrolledBlocking) {
  Options options;
  options.watchdog_s = 0.2;
  expect_findings("uncontrolled_blocking", program::reads_an_empty_pipe, options);
}

TEST(Findings, Nondeterminism) {
  Options options;
  options.jobs = 1;  // so that what an execution leaves behind is there in the next
  expect_findings("nondeterminism", program::remembers_its_last_run, options);
}

}  // namespace
}  // namespace raddle
