#pragma once

#include <memory>
#include <signal.h>

namespace raddle::harness {

// While it lives, a fatal signal, std::terminate or a stack overflow of a
// thread under test is a failure of its execution. On any other thread
// they mean what they always do.
class CrashHandler {
 public:
  CrashHandler();
  ~CrashHandler();
  CrashHandler(const CrashHandler&) = delete;
  CrashHandler& operator=(const CrashHandler&) = delete;

  static constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

 private:
  std::unique_ptr<char[]> stack_;
  stack_t old_stack_{};
  struct sigaction old_actions_[std::size(kSignals)]{};
  void (*old_terminate_)() = nullptr;
};

struct Failure;

// Fills in where the code stood that a signal has interrupted: walks the frame
// pointers up from there. Async-signal-safe.
void fill_backtrace(Failure& failure, const ucontext_t& context);

// Call in the ordinary course after an execution that a signal handler has
// left: signals that were blocked while it ran are let in again.
void restore_signal_mask();

}  // namespace raddle::harness
