// Without <raddle/weak_exchange.h> code that Clang compiled does not say which of its
// compare-exchanges are weak: those cannot fail, and the user is told so.
#include "tests/harness/bodies.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <string>

namespace raddle {
namespace {

using testing::HasSubstr;

void exchange_weakly() {
  std::atomic<int> value{1};
  int expected = 1;
  check(value.compare_exchange_weak(expected, 2), "failed");
}
void exchange_strongly() {
  std::atomic<int> value{1};
  int expected = 1;
  check(value.compare_exchange_strong(expected, 2), "failed");
}

struct Told {
  Report report;
  std::string errors;
};

Told explore_with(void (*body)(), const std::string& strategy, std::uint32_t weak_failures,
                  unsigned jobs) {
  Options options = tests::with_seed(1);
  options.strategy = strategy;
  options.executions = 200;
  options.weak_failures = weak_failures;
  options.jobs = jobs;
  testing::internal::CaptureStderr();
  Told told;
  told.report = explore(body, options);
  told.errors = testing::internal::GetCapturedStderr();
  return told;
}

TEST(UntoldExchanges, ThatAreWeakFailOrTheUserIsToldThatTheyCannot) {
  for (const char* strategy : {"random", "pct:3", "exhaustive"}) {
    for (const unsigned jobs : {1u, 2u}) {
      const auto [report, errors] = explore_with(exchange_weakly, strategy, 1, jobs);
#ifdef __clang__
      EXPECT_THAT(report, FindsNothing());
      EXPECT_THAT(errors, HasSubstr("RADDLE_WEAK_FAILURES: compare_exchange_weak at "));
      EXPECT_THAT(errors, HasSubstr(" cannot be made to fail: compile that file with -include "
                                    "raddle/weak_exchange.h\n"));
      EXPECT_FALSE(report.complete) << report;
      if (strategy == std::string{"exhaustive"}) {
        EXPECT_EQ(report.left_out, "weak compare-exchanges that cannot be made to fail");
      }
#else
      EXPECT_THAT(report, FindsAssertion());
      EXPECT_EQ(errors.find("WEAK_FAILURES"), errors.npos) << errors;
#endif
    }
  }
}

TEST(UntoldExchanges, ThatAreStrongAreAsTheyShouldBe) {
  for (const char* strategy : {"random", "exhaustive"}) {
    const auto [report, errors] = explore_with(exchange_strongly, strategy, 1, 2);
    EXPECT_THAT(report, FindsNothing());
    EXPECT_EQ(errors.find("WEAK_FAILURES"), errors.npos) << errors;
    EXPECT_EQ(report.complete, strategy == std::string{"exhaustive"}) << report;
  }
}

TEST(UntoldExchanges, AreNobodysConcernWithoutTheOption) {
  const auto [report, errors] = explore_with(exchange_weakly, "exhaustive", 0, 1);
  EXPECT_THAT(report, FindsNothing());
  EXPECT_EQ(errors.find("WEAK_FAILURES"), errors.npos) << errors;
  EXPECT_TRUE(report.complete) << report;
}

}  // namespace
}  // namespace raddle
