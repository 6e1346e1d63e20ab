// System calls that a program makes by number: futexes, on which libstdc++ builds
// std::atomic::wait, futures and more, and those of which the C library's function
// is intercepted, too.

#include "harness/interpose/caller.hpp"
#include "harness/interpose/clock.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"
#include "scheduler/objects/waiting.hpp"

#include <cerrno>
#include <cstdarg>
#include <linux/futex.h>
#include <sched.h>
#include <string>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

using namespace raddle::scheduler;  // NOLINT: this file is the bridge
using raddle::harness::runtime;
using raddle::interpose::deadline_of;
using raddle::interpose::nanoseconds;

[[noreturn]] void refuse(const std::string& call, std::uintptr_t pc) {
  runtime->fail(raddle::FindingKind::UncontrolledBlocking, call + ", which is not supported", pc);
}

// As system calls do: -1 and errno, instead of an error number.
long result_of(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

// Which of several sleepers a set of bits selects is not modelled.
void need_all_bits(long bits, std::uintptr_t pc) {
  if (static_cast<std::uint32_t>(bits) != FUTEX_BITSET_MATCH_ANY) {
    refuse("a futex operation with other bits than FUTEX_BITSET_MATCH_ANY", pc);
  }
}

long wait_on_futex(Thread& self, const long (&a)[6], std::uintptr_t pc) {
  auto& engine = runtime->engine;
  const auto* time = reinterpret_cast<const timespec*>(a[3]);
  std::uint64_t deadline = kNoDeadline;
  if (time != nullptr) {
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= 1'000'000'000) {
      return result_of(EINVAL);
    }
    const clockid_t clock = (a[1] & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    // Relative, unlike FUTEX_WAIT_BITSET's.
    const bool is_relative = (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT;
    deadline = is_relative ? engine.now() + nanoseconds(*time) : deadline_of(*time, clock);
  }
  return result_of(wait_futex(engine, self, static_cast<std::uintptr_t>(a[0]),
                              static_cast<std::uint32_t>(a[2]), deadline, pc));
}

long futex(Thread& self, const long (&a)[6], std::uintptr_t pc) {
  const long command = a[1] & FUTEX_CMD_MASK;
  switch (command) {
    case FUTEX_WAIT_BITSET: need_all_bits(a[5], pc); [[fallthrough]];
    case FUTEX_WAIT: return wait_on_futex(self, a, pc);
    case FUTEX_WAKE_BITSET: need_all_bits(a[5], pc); [[fallthrough]];
    case FUTEX_WAKE:
      return wake_futex(runtime->engine, self, static_cast<std::uintptr_t>(a[0]),
                        static_cast<std::uint32_t>(a[2]), pc);
    default: refuse("futex operation " + std::to_string(command), pc);
  }
}

// True if the call is answered here, with `result`.
bool answer(Thread& self, long number, const long (&a)[6], std::uintptr_t pc, long& result) {
  const auto time_at = [&](int i) { return reinterpret_cast<timespec*>(a[i]); };
  switch (number) {
    case SYS_futex: result = futex(self, a, pc); return true;
    case SYS_gettid: result = gettid(); return true;
    case SYS_sched_yield: result = sched_yield(); return true;
    case SYS_nanosleep: result = nanosleep(time_at(0), time_at(1)); return true;
    case SYS_clock_nanosleep:
      result = result_of(clock_nanosleep(static_cast<clockid_t>(a[0]), static_cast<int>(a[1]),
                                         time_at(2), time_at(3)));
      return true;
    case SYS_clock_gettime:
      result = clock_gettime(static_cast<clockid_t>(a[0]), time_at(1));
      return true;
    case SYS_gettimeofday:
      result = gettimeofday(reinterpret_cast<timeval*>(a[0]), nullptr);
      return true;
    case SYS_time: result = time(reinterpret_cast<time_t*>(a[0])); return true;
    case SYS_getrandom:
      result = getrandom(reinterpret_cast<void*>(a[0]), static_cast<std::size_t>(a[1]),
                         static_cast<unsigned>(a[2]));
      return true;
    case SYS_exit:
    case SYS_exit_group: _exit(static_cast<int>(a[0]));
    // These make threads and processes that no scheduler of ours would see.
    case SYS_clone: refuse("the system call clone", pc);
    case SYS_clone3: refuse("the system call clone3", pc);
    case SYS_fork: refuse("the system call fork", pc);
    case SYS_vfork: refuse("the system call vfork", pc);
    // Younger relatives of futex; by number, because the headers may be older.
    case 449: refuse("the system call futex_waitv", pc);
    case 454: refuse("the system call futex_wake", pc);
    case 455: refuse("the system call futex_wait", pc);
    case 456: refuse("the system call futex_requeue", pc);
    default: return false;
  }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) long syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  long result = 0;
  if (Thread* self = current_thread;
      self != nullptr && answer(*self, number, a, RADDLE_CALLER, result)) {
    return result;
  }
  return RADDLE_REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
