// What a person is told when a schedule does not do again what it did.
#pragma once

#include "harness/report/raw_finding.hpp"
#include "harness/rerun.hpp"

#include <functional>
#include <string_view>

namespace raddle::harness {

// A note for a failure that came again, but not by the same steps.
extern const char* const kCameByOtherSteps;

// A finding, and the recording that it is to be described by.
struct Unreproduced {
  report::RawFinding raw;
  scheduler::Trace trace;
};

// `failed` did not fail again in `first`, where other executions came before it. Runs its
// schedule by itself, twice, and compares the three: names the first step that differs.
Unreproduced explain_nondeterminism(const std::function<void()>& body, const Options& options,
                                    const FailedExecution& failed, const Rerun& first);

// The decisions of the token of an `expected` no longer fit the program.
report::RawFinding explain_misfit(const Investigation& replayed, FindingKind expected);

}  // namespace raddle::harness
