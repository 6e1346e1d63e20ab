#pragma once

#include "scheduler/schedule.hpp"
#include "scheduler/strategies/strategy.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <vector>

namespace raddle::harness {

// A failing schedule, and what makes it easy to understand: that little in it happens for no
// reason, then few preemptions, then few steps, then few decisions that are not the default ones.
struct SizedSchedule {
  std::uint64_t preemptions = 0;
  std::uint64_t steps = 0;
  std::vector<scheduler::Deviation> deviations;

  // Spurious wakeups, and failures of weak compare-exchanges.
  std::size_t spurious() const;
  bool is_smaller_than(const SizedSchedule& other) const;
};

enum class Attempted {
  Other,     // it did not fail, or in another way
  Same,      // it failed in the way that is wanted
  Hopeless,  // trying any more would take too long
};

// Runs the body once under a strategy, and says what was done.
using Attempt = std::function<Attempted(scheduler::Strategy&, SizedSchedule&)>;

// The smallest schedule that still fails in the same way, among those that can be tried
// in a second or so: leaves out pieces of `start`, and then looks at all schedules
// with no preemption, with one, and so on. What it tries does not depend on time.
// `at_accesses`: also those that preempt at plain accesses.
SizedSchedule minimise(SizedSchedule start, bool at_accesses, const Attempt& attempt);

}  // namespace raddle::harness
