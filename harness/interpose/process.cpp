// Ends of the process, which in code under test are ends of the execution.

#include "harness/interpose/caller.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <cstdlib>
#include <stdlib.h>
#include <string>
#include <unistd.h>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;

[[noreturn]] void report_exit(const char* function, int status, std::uintptr_t pc) {
  runtime->fail(raddle::FindingKind::ExitStatus,
                std::string(function) + "(" + std::to_string(status) + ")", pc);
}

}  // namespace

#define RADDLE_C extern "C" __attribute__((visibility("default")))

RADDLE_C void exit(int status) noexcept(noexcept(::exit(0))) {
  if (current_thread != nullptr) report_exit("exit", status, RADDLE_CALLER);
  RADDLE_REAL(exit)(status);
  __builtin_unreachable();
}
RADDLE_C void _exit(int status) {
  if (current_thread != nullptr) report_exit("_exit", status, RADDLE_CALLER);
  RADDLE_REAL(_exit)(status);
  __builtin_unreachable();
}
RADDLE_C void _Exit(int status) noexcept {
  if (current_thread != nullptr) report_exit("_Exit", status, RADDLE_CALLER);
  RADDLE_REAL(_exit)(status);
  __builtin_unreachable();
}
RADDLE_C void quick_exit(int status) noexcept {
  if (current_thread != nullptr) report_exit("quick_exit", status, RADDLE_CALLER);
  RADDLE_REAL(quick_exit)(status);
  __builtin_unreachable();
}

// A child of a thread under test would inherit a scheduler without its threads.
RADDLE_C pid_t fork() noexcept {
  if (current_thread != nullptr) {
    runtime->fail(raddle::FindingKind::UncontrolledBlocking,
                  "fork in code under test is not supported", RADDLE_CALLER);
  }
  return RADDLE_REAL(fork)();
}
