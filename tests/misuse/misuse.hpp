// What every test of misuse asks: the right finding, and that the next exploration works.
#pragma once

#include <raddle/gtest.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace raddle::tests {

// A seed, few executions, a watchdog that barks early.
Options few_executions();

// One finding, of that kind, whose text contains `words`.
void expect_finding(const Report& report, FindingKind kind, std::string_view words);

// An ordinary race is found and an ordinary correct body passes.
void expect_ordinary_exploration(unsigned jobs);

// Calls itself until the stack ends.
int recurse(int depth);

// Tests that run in this process (1) and in workers (2).
class InBothModes : public testing::TestWithParam<unsigned> {
 protected:
  Report explore_misuse(const std::function<void()>& body) {
    Options options = few_executions();
    options.jobs = GetParam();
    return explore(body, options);
  }
  void TearDown() override { expect_ordinary_exploration(GetParam()); }
};

inline std::string name_of_jobs(const testing::TestParamInfo<unsigned>& info) {
  return info.param == 1 ? "InThisProcess" : "InWorkers";
}

}  // namespace raddle::tests
