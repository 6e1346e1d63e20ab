// Where a test framework and the harness meet, without either knowing the other.
#pragma once

#include <string>
#include <string_view>

namespace raddle::harness {

// Is the calling thread one that an execution runs?
bool is_thread_under_test();

// A failed EXPECT_* or ASSERT_*. On a thread under test it becomes an Assertion
// finding of the running execution, which goes on; the first one counts. Returns
// false on any other thread, and does nothing.
bool note_expectation_failure(std::string_view message, const char* file, int line);

// What the adapter of a test framework wants to be called for.
struct Framework {
  void (*begin)();           // in the exploring process, before the first worker is forked
  void (*end)();             // there, when the exploration is over
  std::string (*test)();     // the name of the current test; empty if there is none
  std::string (*command)();  // the command that runs it; empty if there is none
};

// Once, before the first exploration.
void use_framework(const Framework& framework);

// Tells the framework, if there is one, that an exploration begins and ends.
class FrameworkScope {
 public:
  FrameworkScope();
  ~FrameworkScope();
  FrameworkScope(const FrameworkScope&) = delete;
  FrameworkScope& operator=(const FrameworkScope&) = delete;
};

// The name of the framework's current test. Empty without a framework.
std::string current_test();

// The line that replays `token` in the current test: "RADDLE_REPLAY=r1-7YJQ2
// ./account_test --gtest_filter=Account.NeverOverdrawn". Empty without a framework.
std::string replay_command(std::string_view token);

}  // namespace raddle::harness
