#pragma once

#include "harness/report/raw_finding.hpp"
#include "scheduler/events/trace.hpp"
#include <raddle/raddle.hpp>

namespace raddle::report {

// Turns what the detectors saw into what a person reads: names for threads,
// functions, lines and memory, the table of the steps that matter, the stacks.
// `trace` is the record of the failing schedule, run again in this process.
// Token, execution and replay command are the caller's to fill in.
// Slow (reads debug information) and allocates: call it only for a finding, on
// an ordinary stack.
Finding describe(const RawFinding& raw, const scheduler::Trace& trace);

}  // namespace raddle::report
