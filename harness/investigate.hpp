#pragma once

#include <functional>

#include "harness/recorder.hpp"
#include "harness/shared_state.hpp"
#include "scheduler/strategies/replay.hpp"

namespace raddle::harness {

// What became of a schedule that was run again. Plain data, for shared memory.
struct Investigation {
  bool is_over;             // the process that investigates lived to the end
  bool was_reproduced;      // the same failure again
  bool failed;              // some failure: outcome.failure
  bool has_diverged;
  scheduler::Divergence divergence;
  std::uint64_t preemptions;
  std::uint64_t tried;      // schedules run to find the smallest
  FailedExecution outcome;  // the last run: the failure, and the schedule that leads to it
};

// Runs the body by the default schedule, as workers do first, and then by
// `schedule` with the recorder on. With `minimise`, and if it fails as
// `expected` did: first looks for the schedule with the fewest preemptions,
// then the fewest other deviations, that still fails so, and records that
// one. Writes to `out` and `trace`, which tell how far it got even if the
// process dies.
void investigate(const std::function<void()>& body, const Options& options,
                 const scheduler::Schedule& schedule, const Failure* expected, bool minimise,
                 Investigation& out, TraceBuffer& trace);

}  // namespace raddle::harness
