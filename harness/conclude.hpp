// From an execution that failed to the finding that a person reads.
#pragma once

#include "harness/shared_state.hpp"

#include <cstdint>
#include <functional>

namespace raddle::harness {

// Runs the failed execution's schedule again, in a process of its own unless
// there is but one job, and describes what happens: the same failure, by the smallest
// schedule that shows it, with its token; or, if it does not
// come again, that the program is not deterministic.
// `on_race`: how races were treated when it failed.
Finding conclude(const std::function<void()>& body, const Options& options, OnRace on_race,
                 const FailedExecution& failed);

// Runs the schedule of options.replay once. Nothing if nothing fails, as
// in a program that has been mended. Throws UsageError for a token that does
// not fit.
std::vector<Finding> replay(const std::function<void()>& body, const Options& options);

}  // namespace raddle::harness
