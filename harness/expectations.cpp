#include "harness/expectations.hpp"

#include "harness/runtime.hpp"

namespace raddle::harness {
namespace {

constinit Framework current_framework{};

}  // namespace

bool is_thread_under_test() { return scheduler::current_thread != nullptr; }

bool note_expectation_failure(std::string_view message, const char* file, int line) {
  if (!is_thread_under_test()) return false;
  runtime->note_failure(FindingKind::Assertion, message, 0, file, line);
  return true;
}

void use_framework(const Framework& framework) { current_framework = framework; }

FrameworkScope::FrameworkScope() {
  if (current_framework.begin != nullptr) current_framework.begin();
}

FrameworkScope::~FrameworkScope() {
  if (current_framework.end != nullptr) current_framework.end();
}

std::string current_test() {
  return current_framework.test != nullptr ? current_framework.test() : "";
}

std::string replay_command(std::string_view token) {
  if (current_framework.command == nullptr) return "";
  const std::string command = current_framework.command();
  return command.empty() ? "" : "RADDLE_REPLAY=" + std::string{token} + " " + command;
}

}  // namespace raddle::harness
