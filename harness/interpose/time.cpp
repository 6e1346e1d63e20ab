// Clocks, sleeping and yielding, on the virtual clock of the execution.

#include "harness/interpose/caller.hpp"
#include "harness/interpose/clock.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"
#include "scheduler/objects/waiting.hpp"

#include <cerrno>
#include <sched.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

using raddle::harness::runtime;
using raddle::interpose::deadline_of;
using raddle::interpose::epoch_ns;
using raddle::interpose::nanoseconds;
using raddle::scheduler::current_thread;
using raddle::scheduler::Thread;

timespec as_timespec(std::uint64_t ns) {
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

bool is_valid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < 1'000'000'000;
}

void sleep_for(Thread& self, std::uint64_t ns, std::uintptr_t pc) {
  auto& engine = runtime->engine;
  raddle::scheduler::sleep_until(engine, self, engine.now() + ns, pc);
}

}  // namespace

#define RADDLE_C extern "C" __attribute__((visibility("default")))

RADDLE_C int clock_gettime(clockid_t clock, timespec* out) {
  Thread* self = current_thread;
  if (self == nullptr) {
    if (!raddle::harness::is_on_virtual_clock) return RADDLE_REAL(clock_gettime)(clock, out);
    *out = as_timespec(epoch_ns(clock) + runtime->engine.now());
    return 0;
  }
  *out = as_timespec(epoch_ns(clock) + runtime->engine.read_clock(*self));
  return 0;
}
RADDLE_C int gettimeofday(timeval* __restrict out, void* __restrict zone) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(gettimeofday)(out, zone);
  const timespec now = as_timespec(epoch_ns(CLOCK_REALTIME) + runtime->engine.read_clock(*self));
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}
RADDLE_C time_t time(time_t* out) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(time)(out);
  const time_t now =
      as_timespec(epoch_ns(CLOCK_REALTIME) + runtime->engine.read_clock(*self)).tv_sec;
  if (out != nullptr) *out = now;
  return now;
}

RADDLE_C int timespec_get(timespec* out, int base) noexcept {
  if (current_thread == nullptr || base != TIME_UTC) return RADDLE_REAL(timespec_get)(out, base);
  clock_gettime(CLOCK_REALTIME, out);
  return base;
}
// The processor time that the program took: as much as has passed.
RADDLE_C clock_t clock() noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(clock)();
  static_assert(CLOCKS_PER_SEC == 1'000'000);
  return static_cast<clock_t>(runtime->engine.read_clock(*self) / 1000);
}

RADDLE_C int nanosleep(const timespec* duration, timespec* remaining) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(nanosleep)(duration, remaining);
  if (!is_valid(*duration)) {
    errno = EINVAL;
    return -1;
  }
  sleep_for(*self, nanoseconds(*duration), RADDLE_CALLER);
  return 0;
}
RADDLE_C int clock_nanosleep(clockid_t clock, int flags, const timespec* time,
                             timespec* remaining) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(clock_nanosleep)(clock, flags, time, remaining);
  if (!is_valid(*time)) return EINVAL;
  if ((flags & TIMER_ABSTIME) != 0) {
    raddle::scheduler::sleep_until(runtime->engine, *self, deadline_of(*time, clock),
                                   RADDLE_CALLER);
  } else {
    sleep_for(*self, nanoseconds(*time), RADDLE_CALLER);
  }
  return 0;
}
RADDLE_C int usleep(useconds_t microseconds) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(usleep)(microseconds);
  sleep_for(*self, std::uint64_t{microseconds} * 1000, RADDLE_CALLER);
  return 0;
}
RADDLE_C unsigned sleep(unsigned seconds) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(sleep)(seconds);
  sleep_for(*self, std::uint64_t{seconds} * 1'000'000'000, RADDLE_CALLER);
  return 0;
}
RADDLE_C int sched_yield() noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(sched_yield)();
  raddle::scheduler::yield_thread(runtime->engine, *self, RADDLE_CALLER);
  return 0;
}

// On which processor a thread runs is chance; under test they all run on one.
RADDLE_C int sched_getcpu() noexcept {
  if (current_thread == nullptr) return RADDLE_REAL(sched_getcpu)();
  return 0;
}
