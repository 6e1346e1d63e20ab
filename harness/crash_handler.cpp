#include "harness/crash_handler.hpp"

#include "harness/interpose/caller.hpp"
#include "harness/runtime.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <ucontext.h>

namespace raddle::harness {
namespace {

using scheduler::current_thread;

constexpr std::size_t kStackBytes = 64 * 1024;

void on_signal(int signal, siginfo_t* info, void* context_argument) {
  const auto& context = *static_cast<ucontext_t*>(context_argument);
  scheduler::Thread* self = current_thread;
  if (self == nullptr || runtime == nullptr) {
    // Not the program under test: let it have its usual effect.
    ::signal(signal, SIG_DFL);
    raise(signal);
    return;
  }
  static Failure failure;  // one execution runs at a time; too large for this stack
  failure = Failure{};
  failure.kind = FindingKind::Crash;
  failure.thread = self->id;
  failure.step = runtime->engine.step(*self);
  failure.pc = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]) + 1;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  if (signal == SIGSEGV && self->fiber->in_guard(address)) {
    std::snprintf(failure.message, sizeof(failure.message),
                  "stack overflow (threads under test have %zu KiB; RADDLE_STACK sets it)",
                  self->fiber->stack_bytes() / 1024);
  } else if (signal == SIGSEGV || signal == SIGBUS) {
    std::snprintf(
        failure.message, sizeof(failure.message),
        address < 4096 ? "SIG%s: null pointer (address %#zx)" : "SIG%s: invalid address %#zx",
        sigabbrev_np(signal), address);
  } else if (signal == SIGABRT) {
    std::snprintf(failure.message, sizeof(failure.message), "abort");
  } else {
    std::snprintf(failure.message, sizeof(failure.message), "SIG%s", sigabbrev_np(signal));
  }
  fill_backtrace(failure, context);
  runtime->fail_from_signal(failure);
}

[[noreturn]] void on_terminate() {
  if (current_thread == nullptr || runtime == nullptr) std::abort();
  const char* type = nullptr;
  if (const std::type_info* thrown = abi::__cxa_current_exception_type()) type = thrown->name();
  char text[512] =
      "std::terminate (a joinable std::thread was destroyed, or a noexcept function threw)";
  if (type != nullptr) {
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::exception& exception) {
      std::snprintf(text, sizeof(text), "std::terminate, because of an exception: %s",
                    exception.what());
    } catch (...) {
      std::snprintf(text, sizeof(text), "std::terminate, because of an exception");
    }
  }
  runtime->fail(FindingKind::Crash, text);
}

}  // namespace

void fill_backtrace(Failure& failure, const ucontext_t& context) {
  const scheduler::Thread* self = current_thread;
  auto frame = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RBP]);
  failure.backtrace_length = 0;
  failure.backtrace[failure.backtrace_length++] =
      static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]) + 1;
  // The functions of the C library keep no frame pointer, so that the walk would
  // miss who called the first of them.
  if (const auto pc = failure.backtrace[0] - 1; !interpose::is_instrumented(pc)) {
    const std::uintptr_t caller = interpose::find_caller(pc);
    if (caller != pc) failure.backtrace[failure.backtrace_length++] = caller;
  }
  // Only within the thread's own stack, upwards: code without frame pointers ends the walk.
  while (failure.backtrace_length < std::size(failure.backtrace) &&
         frame >= self->fiber->stack_low() && frame <= self->fiber->stack_high() - 16 &&
         frame % 8 == 0) {
    const auto* words = reinterpret_cast<const std::uintptr_t*>(frame);
    if (words[1] == 0) break;
    if (words[1] != failure.backtrace[failure.backtrace_length - 1]) {
      failure.backtrace[failure.backtrace_length++] = words[1];
    }
    if (words[0] <= frame) break;
    frame = words[0];
  }
}

void restore_signal_mask() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : CrashHandler::kSignals) sigaddset(&signals, signal);
  sigaddset(&signals, SIGRTMAX - 3);  // the watchdog's
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

CrashHandler::CrashHandler() : stack_(new char[kStackBytes]) {
  stack_t stack{};
  stack.ss_sp = stack_.get();
  stack.ss_size = kStackBytes;
  sigaltstack(&stack, &old_stack_);
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], &action, &old_actions_[i]);
  }
  old_terminate_ = std::set_terminate(on_terminate);
}

CrashHandler::~CrashHandler() {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], &old_actions_[i], nullptr);
  }
  std::set_terminate(old_terminate_);
  sigaltstack(&old_stack_, nullptr);
}

}  // namespace raddle::harness
