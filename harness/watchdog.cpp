#include "harness/watchdog.hpp"

#include "harness/crash_handler.hpp"
#include "harness/runtime.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace raddle::harness {
namespace {

const int kSignal = SIGRTMAX - 3;
constexpr std::uint64_t kTick_ns = 20'000'000;

// Number of the system call that the explorer was found in; -1: it was computing.
std::atomic<long> stuck_in{-1};

// Calls that can block and that people use. Others are told by number.
const char* name_of_call(long number) {
  switch (number) {
    case SYS_read: return "read";
    case SYS_write: return "write";
    case SYS_readv: return "readv";
    case SYS_writev: return "writev";
    case SYS_pread64: return "pread";
    case SYS_poll: return "poll";
    case SYS_ppoll: return "ppoll";
    case SYS_select: return "select";
    case SYS_pselect6: return "pselect";
    case SYS_epoll_wait: return "epoll_wait";
    case SYS_epoll_pwait: return "epoll_pwait";
    case SYS_accept: return "accept";
    case SYS_accept4: return "accept4";
    case SYS_connect: return "connect";
    case SYS_recvfrom: return "recv";
    case SYS_recvmsg: return "recvmsg";
    case SYS_sendto: return "send";
    case SYS_sendmsg: return "sendmsg";
    case SYS_wait4: return "wait";
    case SYS_waitid: return "waitid";
    case SYS_flock: return "flock";
    case SYS_fcntl: return "fcntl";
    case SYS_open: return "open";
    case SYS_openat: return "open";
    case SYS_futex: return "futex (a lock inside a library that raddle does not see)";
    case SYS_pause: return "pause";
    case SYS_rt_sigsuspend: return "sigsuspend";
    case SYS_rt_sigtimedwait: return "sigwait";
    case SYS_msgrcv: return "msgrcv";
    case SYS_semop: return "semop";
    case SYS_nanosleep: return "nanosleep";
    case SYS_clock_nanosleep: return "clock_nanosleep";
    default: return nullptr;
  }
}

void on_signal(int, siginfo_t*, void* context) {
  scheduler::Thread* self = scheduler::current_thread;
  if (self == nullptr || runtime == nullptr) return;
  static Failure failure;
  failure = Failure{};
  failure.kind = FindingKind::UncontrolledBlocking;
  failure.thread = self->id;
  failure.step = runtime->engine.step(*self);
  const long call = stuck_in.load();
  if (call < 0) {
    std::snprintf(failure.message, sizeof(failure.message),
                  "has run for long without touching memory or synchronising: an endless loop?");
  } else if (const char* name = name_of_call(call)) {
    std::snprintf(failure.message, sizeof(failure.message),
                  "is blocked in %s, which raddle does not control", name);
  } else {
    std::snprintf(failure.message, sizeof(failure.message),
                  "is blocked in system call %ld, which raddle does not control", call);
  }
  fill_backtrace(failure, *static_cast<ucontext_t*>(context));
  failure.pc = failure.backtrace[0];
  runtime->fail_from_signal(failure);
}

// "/proc/<pid>/task/<tid>/syscall" begins with the number of the call, or says "running".
long call_of(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/syscall";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  char text[64] = {};
  const ssize_t length = read(file, text, sizeof(text) - 1);
  close(file);
  if (length <= 0 || std::strncmp(text, "running", 7) == 0) return -1;
  return std::strtol(text, nullptr, 10);
}

}  // namespace

Watchdog::Watchdog(Runtime& watched, double limit_s)
    : runtime_(watched), limit_s_(limit_s), explorer_(static_cast<pid_t>(syscall(SYS_gettid))) {
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(kSignal, &action, nullptr);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&thread_, nullptr, &Watchdog::watch, this) != 0) is_over_ = 1;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watchdog::~Watchdog() {
  if (is_over_.exchange(1) != 0) return;
  syscall(SYS_futex, &is_over_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  pthread_join(thread_, nullptr);
}

void* Watchdog::watch(void* self) {
  static_cast<Watchdog*>(self)->watch();
  return nullptr;
}

void Watchdog::watch() {
  std::uint64_t last_progress = 0;
  double still_for_s = 0;
  while (is_over_ == 0) {
    // A tick, cut short when it is over: many explorations take less.
    const timespec tick{0, kTick_ns};
    syscall(SYS_futex, &is_over_, FUTEX_WAIT_PRIVATE, 0, &tick, nullptr, 0);
    if (is_over_ != 0) return;
    const std::uint64_t progress = runtime_.engine.progress();
    if (progress != last_progress || !runtime_.engine.is_running()) {
      last_progress = progress;
      still_for_s = 0;
      continue;
    }
    still_for_s += static_cast<double>(kTick_ns) * 1e-9;
    if (still_for_s < limit_s_) continue;
    stuck_in = call_of(explorer_);
    syscall(SYS_tgkill, getpid(), explorer_, kSignal);
    still_for_s = 0;
  }
}

}  // namespace raddle::harness
