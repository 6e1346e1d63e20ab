#include "harness/gtest/reporter.hpp"

#include "harness/expectations.hpp"

#include <string_view>

namespace raddle::gtest {
namespace {

// Of the running execution; one thread under test runs at a time.
constinit bool ended_early = false;

// FAIL() and ADD_FAILURE() begin with a line that says no more than that.
std::string_view message_of(const testing::TestPartResult& result) {
  constexpr std::string_view kFailed = "Failed\n";
  std::string_view message = result.message();
  if (message.starts_with(kFailed) && message.size() > kFailed.size()) {
    message.remove_prefix(kFailed.size());
  }
  return message;
}

}  // namespace

Reporter::Reporter() : Reporter{std::make_shared<testing::TestPartResultArray>()} {}

Reporter::Reporter(std::shared_ptr<testing::TestPartResultArray> kept)
    : ScopedFakeTestPartResultReporter{INTERCEPT_ALL_THREADS, kept.get()}, kept_{std::move(kept)} {}

void Reporter::ReportTestPartResult(const testing::TestPartResult& result) {
  const bool is_good = result.passed() || result.skipped();
  const bool is_under_test =
      is_good ? harness::is_thread_under_test()
              : harness::note_expectation_failure(message_of(result),
                                                  result.file_name() ? result.file_name() : "",
                                                  result.line_number());
  if (!is_under_test) {
    ScopedFakeTestPartResultReporter::ReportTestPartResult(result);
  } else if (result.fatally_failed() || result.skipped()) {
    ended_early = true;
  }
}

bool must_not_go_on() { return ended_early; }
void forget_fatal_failures() { ended_early = false; }

}  // namespace raddle::gtest
