#pragma once

#include "harness/recorder.hpp"
#include "harness/shared_state.hpp"
#include "scheduler/strategies/replay.hpp"

#include <functional>

namespace raddle::harness {

// What became of a schedule that was run again. Plain data, for shared memory.
struct Investigation {
  bool is_over;         // the process that investigates lived to the end
  bool was_reproduced;  // the same failure again
  bool was_exact;       // the same number of steps, and the same events
  bool failed;          // some failure: outcome.failure
  bool has_diverged;
  scheduler::Divergence divergence;
  std::uint64_t preemptions;
  FailedExecution outcome;  // the last run: the failure, and the schedule that leads to it

  // Member by member: a temporary would be megabytes, more than the caller's stack may have.
  void reset() {
    is_over = was_reproduced = was_exact = failed = has_diverged = false;
    divergence = {};
    preemptions = 0;
    outcome.failure = {};
    outcome.execution = outcome.steps = 0;
    outcome.event_hash = outcome.deviation_count = 0;
  }
};

// Runs the body by the default schedule, as workers do first, and then by
// `schedule` with the recorder on. With `minimise`, and if it fails as
// `expected` did: first looks for the smallest schedule that still fails so
// (minimise.hpp), and records that one. Writes to `out` and `trace`, which tell
// how far it got even if the process dies. What the body prints is seen
// only if nothing is expected: then it is a replay, else it has been printed before.
void investigate(const std::function<void()>& body, const Options& options,
                 const scheduler::Schedule& schedule, const Failure* expected, bool minimise,
                 Investigation& out, TraceBuffer& trace);

}  // namespace raddle::harness
