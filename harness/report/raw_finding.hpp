// A finding before it has names: what the detectors, the harness or a signal
// handler know at the moment when an execution fails.
#pragma once

#include "detectors/problem.hpp"
#include "scheduler/events/ids.hpp"
#include <raddle/raddle.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace raddle::report {

struct RawFinding {
  FindingKind kind{};
  std::optional<detectors::Problem> problem;  // races, use after free, misuse
  std::optional<detectors::Stuck> stuck;      // deadlocks, lost wakeups
  std::string message;  // the assertion's text, the exception's what(), the signal, the call
  scheduler::ThreadId thread{scheduler::kNoThread};
  std::uint64_t step{};                   // of the last thing that happened
  std::uintptr_t pc{};                    // where, if known
  std::vector<std::uintptr_t> backtrace;  // return addresses, innermost first; from a signal
  std::string file;                       // of the failed expectation, if known
  int line{};
};

}  // namespace raddle::report
