// Clang left accesses to members of objects on the stack out of its instrumentation, although
// another thread knew the object: a race of the body itself was not seen.
#include <raddle/gtest.hpp>

#include <thread>

namespace {

struct Gate {
  int visitors = 0;
  bool is_open = false;
};

TEST(StackMember, RacesAreSeenWhereTheFunctionThatOwnsTheObjectWritesIt) {
  const raddle::Report report = raddle::explore([] {
    Gate gate;
    bool seen = false;
    std::thread visitor{[&] { seen = gate.is_open; }};
    gate.is_open = true;
    visitor.join();
  });
  EXPECT_THAT(report, raddle::FindsRaceOn("is_open"));
}

TEST(StackMember, IsSilentWhereTheOwnerWaitsBeforeItWrites) {
  const raddle::Report report = raddle::explore([] {
    Gate gate;
    bool seen = false;
    std::thread visitor{[&] { seen = gate.is_open; }};
    visitor.join();
    gate.is_open = true;
  });
  EXPECT_THAT(report, raddle::FindsNothing());
}

}  // namespace
