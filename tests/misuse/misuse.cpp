#include "tests/misuse/misuse.hpp"

#include <atomic>
#include <thread>

namespace raddle::tests {

Options few_executions() {
  Options options;
  options.seed = 2;
  options.executions = 50;
  options.watchdog_s = 0.3;
  return options;
}

void expect_finding(const Report& report, FindingKind kind, std::string_view words) {
  ASSERT_EQ(report.findings.size(), 1u) << report;
  const Finding& finding = report.findings[0];
  EXPECT_EQ(name(finding.kind), name(kind)) << report;
  EXPECT_THAT(finding.text(), testing::HasSubstr(std::string{words}));
  EXPECT_TRUE(finding.token.starts_with("r1-")) << finding.token;
}

void expect_ordinary_exploration(unsigned jobs) {
  Options options = few_executions();
  options.jobs = jobs;
  const Report racy = explore(
      [] {
        int counter = 0;
        std::thread a{[&] { ++counter; }}, b{[&] { ++counter; }};
        a.join();
        b.join();
      },
      options);
  EXPECT_THAT(racy, FindsRace());
  const Report correct = explore(
      [] {
        std::atomic<int> counter{0};
        std::thread a{[&] { ++counter; }}, b{[&] { ++counter; }};
        a.join();
        b.join();
        check(counter == 2);
      },
      options);
  EXPECT_THAT(correct, FindsNothing());
  EXPECT_EQ(correct.executions, options.executions);
}

int recurse(int depth) {
  volatile char frame[512];
  frame[0] = static_cast<char>(depth);
  if (depth < 0) return 0;
  return recurse(depth + 1) + frame[0];
}

}  // namespace raddle::tests
