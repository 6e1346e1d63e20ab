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

std::string test() {
  const testing::TestInfo* info = testing::UnitTest::GetInstance()->current_test_info();
  return info == nullptr ? "" : std::string{info->test_suite_name()} + "." + info->name();
}

std::string command() {
  const std::string name = test();
  if (name.empty()) return "";
  // Instances of parametrised tests have a slash, which no shell minds.
  return std::string{program_invocation_name} + " --gtest_filter=" + name;
}

}  // namespace

bool install() {
  harness::use_framework({begin, end, test, command});
  return true;
}

}  // namespace raddle::gtest
