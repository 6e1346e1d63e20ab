#pragma once

#include "detectors/problem.hpp"
#include "scheduler/events/event.hpp"
#include <raddle/raddle.hpp>

#include <cstdint>
#include <string>

namespace raddle::harness {

// Why an execution failed, as it is known the moment it happens. Plain data of
// fixed size: it is written to shared memory, maybe by a signal handler, and
// read by another process.
struct Failure {
  FindingKind kind{};
  scheduler::ThreadId thread{scheduler::kNoThread};
  std::uint64_t step{};
  std::uintptr_t pc{};
  bool has_problem{};
  detectors::Problem problem{};
  char message[2048]{};
  char file[512]{};
  int line{};
  // Return addresses, innermost first, for failures outside instrumented code (signals).
  std::uintptr_t backtrace[64]{};
  std::uint32_t backtrace_length{};

  // What went wrong, in words: the message, or what stands for it if there is none.
  std::string text(const Options& options) const;
  // Two failures that a person would call the same.
  bool is_same_as(const Failure& other) const;
};

}  // namespace raddle::harness
