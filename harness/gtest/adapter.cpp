// Failed expectations on threads under test become findings of their execution.
#include "harness/expectations.hpp"
#include "harness/gtest/reporter.hpp"
#include <raddle/gtest.hpp>

#include <errno.h>
#include <optional>
#include <string>

namespace raddle::gtest {
namespace {

std::optional<Reporter> reporter;

void begin() { reporter.emplace(); }

void end() {
  const auto kept = reporter->kept();
  reporter.reset();
  for (int i = 0; i < kept->size(); ++i) {
    const testing::TestPartResult& result = kept->GetTestPartResult(i);
    testing::internal::AssertHelper(result.type(), result.file_name(), result.line_number(),
                                    result.message()) = testing::Message();
  }
}

std::string command() {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) return "";
  const std::string name = std::string{test->test_suite_name()} + "." + test->name();
  // Instances of parametrised tests have a slash, which no shell minds.
  return std::string{program_invocation_name} + " --gtest_filter=" + name;
}

}  // namespace

bool install() {
  harness::use_framework({begin, end, command});
  return true;
}

}  // namespace raddle::gtest
