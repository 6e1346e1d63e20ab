// pthread conditions and barriers, POSIX semaphores.

#include "scheduler/objects/waiting.hpp"

#include "harness/interpose/caller.hpp"
#include "harness/interpose/clock.hpp"
#include "harness/interpose/pthread_calls.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <cerrno>
#include <pthread.h>
#include <semaphore.h>

namespace {

using namespace raddle::scheduler;  // NOLINT: this file is the bridge
using raddle::harness::runtime;
using raddle::interpose::address_of;
using raddle::interpose::clock_of;
using raddle::interpose::deadline_of;
using raddle::interpose::is_valid;
using raddle::interpose::renew;
using raddle::interpose::type_of;

}  // namespace

#define RADDLE_C extern "C" __attribute__((visibility("default")))
#define RADDLE_REAL_COND(function) RADDLE_REAL_VERSION(function, "GLIBC_2.3.2")

// --- Condition variables ---

RADDLE_C int pthread_cond_init(pthread_cond_t* condition,
                               const pthread_condattr_t* attributes) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::CondInit, address_of(condition), sizeof(*condition), RADDLE_CALLER);
  }
  return RADDLE_REAL_COND(pthread_cond_init)(condition, attributes);
}
RADDLE_C int pthread_cond_destroy(pthread_cond_t* condition) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL_COND(pthread_cond_destroy)(condition);
  // The system's function would wait for sleepers, which it does not know.
  renew(*self, EventKind::CondDestroy, address_of(condition), sizeof(*condition), RADDLE_CALLER);
  return 0;
}
RADDLE_C int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL_COND(pthread_cond_wait)(condition, mutex);
  return wait_condition(runtime->engine, *self, address_of(condition), address_of(mutex),
                        type_of(mutex), kNoDeadline, RADDLE_CALLER);
}
RADDLE_C int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                    const timespec* time) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL_COND(pthread_cond_timedwait)(condition, mutex, time);
  if (!is_valid(time)) return EINVAL;
  return wait_condition(runtime->engine, *self, address_of(condition), address_of(mutex),
                        type_of(mutex), deadline_of(*time, clock_of(condition)), RADDLE_CALLER);
}
RADDLE_C int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                    clockid_t clock, const timespec* time) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_cond_clockwait)(condition, mutex, clock, time);
  if (!is_valid(time)) return EINVAL;
  return wait_condition(runtime->engine, *self, address_of(condition), address_of(mutex),
                        type_of(mutex), deadline_of(*time, clock), RADDLE_CALLER);
}
RADDLE_C int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL_COND(pthread_cond_signal)(condition);
  notify_condition(runtime->engine, *self, address_of(condition), false, RADDLE_CALLER);
  return 0;
}
RADDLE_C int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL_COND(pthread_cond_broadcast)(condition);
  notify_condition(runtime->engine, *self, address_of(condition), true, RADDLE_CALLER);
  return 0;
}

// --- Barriers ---

namespace {

// The third word of glibc's barrier is its count: for barriers initialised before the execution.
std::uint32_t threshold_of(const pthread_barrier_t* barrier) {
  return reinterpret_cast<const std::uint32_t*>(barrier)[2];
}

}  // namespace

RADDLE_C int pthread_barrier_init(pthread_barrier_t* barrier,
                                  const pthread_barrierattr_t* attributes,
                                  unsigned count) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::BarrierInit, address_of(barrier), sizeof(*barrier), RADDLE_CALLER);
  }
  return RADDLE_REAL(pthread_barrier_init)(barrier, attributes, count);
}
RADDLE_C int pthread_barrier_destroy(pthread_barrier_t* barrier) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_barrier_destroy)(barrier);
  renew(*self, EventKind::BarrierDestroy, address_of(barrier), sizeof(*barrier), RADDLE_CALLER);
  return 0;
}
RADDLE_C int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_barrier_wait)(barrier);
  const bool is_last = wait_barrier(runtime->engine, *self, address_of(barrier),
                                    threshold_of(barrier), RADDLE_CALLER);
  return is_last ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

// --- Semaphores ---

namespace {

std::uint32_t initial_count(sem_t* semaphore) {
  int count = 0;
  RADDLE_REAL(sem_getvalue)(semaphore, &count);
  return count < 0 ? 0 : static_cast<std::uint32_t>(count);
}

int wait(Thread& self, sem_t* semaphore, std::uint64_t deadline, std::uintptr_t pc) {
  const int error = wait_semaphore(runtime->engine, self, address_of(semaphore),
                                   initial_count(semaphore), deadline, pc);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int timed_wait(Thread& self, sem_t* semaphore, clockid_t clock, const timespec* time,
               std::uintptr_t pc) {
  if (!is_valid(time)) {
    errno = EINVAL;
    return -1;
  }
  return wait(self, semaphore, deadline_of(*time, clock), pc);
}

}  // namespace

RADDLE_C int sem_init(sem_t* semaphore, int shared, unsigned value) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::SemInit, address_of(semaphore), sizeof(*semaphore), RADDLE_CALLER);
  }
  return RADDLE_REAL(sem_init)(semaphore, shared, value);
}
RADDLE_C int sem_destroy(sem_t* semaphore) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::SemDestroy, address_of(semaphore), sizeof(*semaphore), RADDLE_CALLER);
  }
  return RADDLE_REAL(sem_destroy)(semaphore);
}
RADDLE_C int sem_wait(sem_t* semaphore) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(sem_wait)(semaphore);
  return wait(*self, semaphore, kNoDeadline, RADDLE_CALLER);
}
RADDLE_C int sem_timedwait(sem_t* __restrict semaphore, const timespec* __restrict time) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(sem_timedwait)(semaphore, time);
  return timed_wait(*self, semaphore, CLOCK_REALTIME, time, RADDLE_CALLER);
}
RADDLE_C int sem_clockwait(sem_t* __restrict semaphore, clockid_t clock,
                           const timespec* __restrict time) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(sem_clockwait)(semaphore, clock, time);
  return timed_wait(*self, semaphore, clock, time, RADDLE_CALLER);
}
RADDLE_C int sem_trywait(sem_t* semaphore) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(sem_trywait)(semaphore);
  if (try_wait_semaphore(runtime->engine, *self, address_of(semaphore), initial_count(semaphore),
                         RADDLE_CALLER)) {
    return 0;
  }
  errno = EAGAIN;
  return -1;
}
RADDLE_C int sem_post(sem_t* semaphore) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(sem_post)(semaphore);
  post_semaphore(runtime->engine, *self, address_of(semaphore), initial_count(semaphore),
                 RADDLE_CALLER);
  return 0;
}
RADDLE_C int sem_getvalue(sem_t* __restrict semaphore, int* __restrict value) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(sem_getvalue)(semaphore, value);
  *value = static_cast<int>(
      count_of_semaphore(runtime->engine, address_of(semaphore), initial_count(semaphore)));
  return 0;
}
