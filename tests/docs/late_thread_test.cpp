// The test of docs/guides/add_a_strategy.md.
#include "tests/docs/samples/late_thread.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace raddle::scheduler {
namespace {

// [test]
// Who goes on at each of the first points of an execution in which three threads always could.
std::array<ThreadId, 100> choices(LateThread& strategy, std::uint64_t number) {
  ThreadSet eligible;
  eligible.reset(3);
  for (std::size_t i = 0; i < 3; ++i) eligible.add(thread_id(i));
  const std::array<Operation, 3> announced{};
  std::array<ThreadId, 100> chosen{};
  strategy.begin(number);
  for (ThreadId& one : chosen) {
    one = strategy.choose_thread(
        {eligible, 3, thread_id(0), thread_id(0), announced, thread_id(0), 1});
  }
  return chosen;
}

TEST(LateThread, KeepsOneThreadBackAsLongAsOthersCanGoOn) {
  LateThread strategy(1, 3);
  for (std::uint64_t number = 0; number < 50; ++number) {
    std::array<int, 3> turns{};
    for (const ThreadId chosen : choices(strategy, number)) ++turns.at(index(chosen));
    EXPECT_EQ(std::count(turns.begin(), turns.end(), 0), 1) << "execution " << number;
  }
}

TEST(LateThread, DoesTheSameInAnExecutionWhateverRanBefore) {
  LateThread one(1, 3), other(1, 3);
  choices(other, 3);
  EXPECT_EQ(choices(one, 7), choices(other, 7));
  EXPECT_NE(choices(one, 8), choices(other, 9));
}
// [/test]

}  // namespace
}  // namespace raddle::scheduler
