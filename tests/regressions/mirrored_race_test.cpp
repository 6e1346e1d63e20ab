// The smallest schedule of a race may have the two accesses the other way round. In workers,
// whose stacks lie elsewhere, that was taken for another race, and the program for
// nondeterministic.
#include <raddle/gtest.hpp>

#include <cstdint>
#include <thread>

namespace {

struct Slots {
  int first = 0;
  int second = 0;
};

TEST(MirroredRace, IsTheSameRaceWhateverSeedFindsIt) {
  raddle::Options options;
  options.jobs = 2;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    options.seed = seed;
    const raddle::Report report = raddle::explore(
        [] {
          Slots slots;
          bool is_open = raddle::choose(2) == 1;
          std::thread a{[&] {
            if (is_open) slots.first = 1;
          }};
          std::thread b{[&] {
            if (is_open) slots.first = 2;
          }};
          a.join();
          b.join();
        },
        options);
    ASSERT_THAT(report, raddle::FindsRaceOn("first")) << "seed " << seed;
  }
}

}  // namespace
