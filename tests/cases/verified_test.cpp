// Fixes so small that one can count in how many ways they can go: no more and no fewer are
// explored.
#include "cases/catalogue.hpp"
#include "cases/verdict.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace raddle::cases {
namespace {

struct Count {
  std::string one, version;
  std::uint64_t executions;
};

void PrintTo(const Count& count, std::ostream* out) { *out << count.one << '/' << count.version; }

class VerifiedFix : public testing::TestWithParam<Count> {};

TEST_P(VerifiedFix, HasOneExecutionForEachWayItCanGo) {
  const Case* const one = find_case(GetParam().one);
  ASSERT_NE(one, nullptr);
  const auto version = std::ranges::find(one->versions, GetParam().version, &Version::name);
  ASSERT_NE(version, one->versions.end());
  ASSERT_FALSE(version->expected.has_value());
  Options options;
  options.strategy = "exhaustive";
  options.executions = kVerifyExecutionsMax;
  const Report report = explore_version(*one, *version, options);
  EXPECT_TRUE(report.clean()) << report;
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.executions, GetParam().executions);
  EXPECT_EQ(report.redundant, 0u);
}

TEST(VerifyVersion, SaysThatTwoThreadsOfAThousandStepsAreTooMany) {
  const Case* const one = find_case("lost_update_long");
  ASSERT_NE(one, nullptr);
  const auto version = std::ranges::find(one->versions, "atomic", &Version::name);
  ASSERT_NE(version, one->versions.end());
  const Report report = verify_version(*one, *version, {});
  EXPECT_TRUE(report.clean()) << report;
  EXPECT_FALSE(report.complete);
  EXPECT_LE(report.executions, kVerifyExecutionsMax);
}

std::string name_of(const testing::TestParamInfo<Count>& count) {
  return count.param.one + "_" + count.param.version;
}

// One step of each thread that does not commute with those of the others: as many as orders.
std::vector<Count> with_one_step_each() {
  return {{"lost_update", "mutex", 2},
          {"lost_update", "atomic", 2},
          {"lost_update_many_threads", "mutex", 40'320},  // 8!
          {"lost_update_many_threads", "atomic", 40'320},
          {"publication", "acquire_release", 2},
          {"publication", "fences", 2},
          {"double_checked", "call_once", 2},
          {"read_lock_write", "write_lock", 6},  // 3!
          {"withdraw_50_30", "mutex", 2},
          {"withdraw_80_80", "mutex", 2},
          {"transfer", "lock_order", 2},
          {"join_under_lock", "join_outside", 2},
          {"last_owner", "one_step", 2}};
}
INSTANTIATE_TEST_SUITE_P(OneStepEach, VerifiedFix, testing::ValuesIn(with_one_step_each()),
                         name_of);

// All that happens has an order anyway.
std::vector<Count> without_a_choice() {
  return {{"outlives_object", "join_first", 1},
          {"relock", "outside_the_lock", 1},
          {"relock", "recursive_mutex", 1}};
}
INSTANTIATE_TEST_SUITE_P(WithoutAChoice, VerifiedFix, testing::ValuesIn(without_a_choice()),
                         name_of);

// The waiter comes before the signal, and sleeps, or after it.
std::vector<Count> with_a_signal() {
  return {{"flag_without_mutex", "mutex", 2}, {"notify_before_wait", "predicate", 2}};
}
INSTANTIATE_TEST_SUITE_P(Signal, VerifiedFix, testing::ValuesIn(with_a_signal()), name_of);

std::vector<Count> others() {
  return {
      // One after the other, 2. Or both look before either writes, and then either is first, 2.
      {"double_checked", "acquire_release", 4},
      {"double_checked", "magic_static", 4},
      {"withdraw_50_30", "compare_exchange", 4},
      {"withdraw_80_80", "compare_exchange", 4},
      // The same, where the two looks do not commute: they take a mutex. 2 + 2 * 2.
      {"withdraw_50_30", "optimistic", 6},
      {"withdraw_80_80", "optimistic", 6},
      // The hits are counted in 2 orders, and the writer comes first, between them or last.
      {"read_lock_write", "atomic_hits", 6},
      // Each fork joins two guests, of whom one is first: 2^3, without the 2 circles.
      {"philosophers", "lock_order", 6},
  };
}
INSTANTIATE_TEST_SUITE_P(Others, VerifiedFix, testing::ValuesIn(others()), name_of);

}  // namespace
}  // namespace raddle::cases
