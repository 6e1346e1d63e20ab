// std::random_device reads the processor's generator, past getrandom: executions differed.
#include <raddle/gtest.hpp>

#include <random>
#include <thread>
#include <vector>

namespace {

// What each of two threads draws, in every execution.
std::vector<std::vector<unsigned>> draws(std::uint64_t executions) {
  std::vector<std::vector<unsigned>> all;
  const raddle::Report report = raddle::explore(
      [&] {
        std::vector<unsigned> numbers(2);
        std::thread other{[&] { numbers[1] = std::random_device{}(); }};
        other.join();
        numbers[0] = std::random_device{}();
        all.push_back(numbers);
      },
      {.seed = 1, .executions = executions, .jobs = 1});
  EXPECT_THAT(report, raddle::FindsNothing());
  return all;
}

TEST(RandomDevice, GivesTheSameNumbersInEveryExecution) {
  const auto numbers = draws(3);
  ASSERT_EQ(numbers.size(), 3u);
  EXPECT_EQ(numbers[1], numbers[0]);
  EXPECT_EQ(numbers[2], numbers[0]);
  EXPECT_NE(numbers[0][0], numbers[0][1]);
}

TEST(RandomDevice, IsTheSystemsOwnOutsideAnExploration) {
  std::random_device device;
  const std::vector<unsigned> first{device(), device(), device()};
  const std::vector<unsigned> second{device(), device(), device()};
  EXPECT_NE(first, second);
}

}  // namespace
