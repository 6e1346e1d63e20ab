// pthread mutexes, spin locks and reader-writer locks.

#include "harness/interpose/clock.hpp"
#include "harness/interpose/pthread_calls.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"
#include "scheduler/objects/mutex.hpp"

#include <cerrno>
#include <pthread.h>

namespace {

using namespace raddle::scheduler;  // NOLINT: this file is the bridge
using raddle::harness::runtime;
using raddle::interpose::address_of;
using raddle::interpose::deadline_of;
using raddle::interpose::is_valid;
using raddle::interpose::renew;
using raddle::interpose::type_of;

// Who dies with a robust mutex passes it on: that is not modelled, and must not be
// taken for a deadlock.
void refuse_robust(const pthread_mutex_t* mutex, std::uintptr_t pc) {
  constexpr int kRobust = 16;  // in glibc's __kind
  if ((mutex->__data.__kind & kRobust) == 0) return;
  runtime->fail(raddle::FindingKind::UncontrolledBlocking,
                "a robust mutex (PTHREAD_MUTEX_ROBUST), which is not supported", pc);
}

}  // namespace

#define RADDLE_C extern "C" __attribute__((visibility("default")))

RADDLE_C int pthread_mutex_init(pthread_mutex_t* mutex,
                                const pthread_mutexattr_t* attributes) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::MutexInit, address_of(mutex), sizeof(*mutex), RADDLE_PC);
  }
  const int error = RADDLE_REAL(pthread_mutex_init)(mutex, attributes);
  if (current_thread != nullptr && error == 0) refuse_robust(mutex, RADDLE_PC);
  return error;
}
RADDLE_C int pthread_mutex_destroy(pthread_mutex_t* mutex) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::MutexDestroy, address_of(mutex), sizeof(*mutex), RADDLE_PC);
  }
  return RADDLE_REAL(pthread_mutex_destroy)(mutex);
}
RADDLE_C int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_mutex_lock)(mutex);
  return lock_mutex(runtime->engine, *self, address_of(mutex), type_of(mutex), kNoDeadline,
                    RADDLE_PC);
}
RADDLE_C int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_mutex_trylock)(mutex);
  return try_lock_mutex(runtime->engine, *self, address_of(mutex), type_of(mutex), RADDLE_PC);
}
RADDLE_C int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock,
                                     const timespec* time) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_mutex_clocklock)(mutex, clock, time);
  if (!is_valid(time)) return EINVAL;
  return lock_mutex(runtime->engine, *self, address_of(mutex), type_of(mutex),
                    deadline_of(*time, clock), RADDLE_PC);
}
RADDLE_C int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* time) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_mutex_timedlock)(mutex, time);
  if (!is_valid(time)) return EINVAL;
  return lock_mutex(runtime->engine, *self, address_of(mutex), type_of(mutex),
                    deadline_of(*time, CLOCK_REALTIME), RADDLE_PC);
}
RADDLE_C int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_mutex_unlock)(mutex);
  return unlock_mutex(runtime->engine, *self, address_of(mutex), type_of(mutex), RADDLE_PC);
}

// A spin lock is a mutex whose waiters burn time: to the scheduler, the same.
RADDLE_C int pthread_spin_init(pthread_spinlock_t* lock, int shared) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::MutexInit, address_of(lock), sizeof(*lock), RADDLE_PC);
  }
  return RADDLE_REAL(pthread_spin_init)(lock, shared);
}
RADDLE_C int pthread_spin_destroy(pthread_spinlock_t* lock) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::MutexDestroy, address_of(lock), sizeof(*lock), RADDLE_PC);
  }
  return RADDLE_REAL(pthread_spin_destroy)(lock);
}
RADDLE_C int pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_spin_lock)(lock);
  return lock_mutex(runtime->engine, *self, address_of(lock), MutexType::Normal, kNoDeadline,
                    RADDLE_PC);
}
RADDLE_C int pthread_spin_trylock(pthread_spinlock_t* lock) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_spin_trylock)(lock);
  return try_lock_mutex(runtime->engine, *self, address_of(lock), MutexType::Normal, RADDLE_PC);
}
RADDLE_C int pthread_spin_unlock(pthread_spinlock_t* lock) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_spin_unlock)(lock);
  return unlock_mutex(runtime->engine, *self, address_of(lock), MutexType::Normal, RADDLE_PC);
}

RADDLE_C int pthread_rwlock_init(pthread_rwlock_t* lock,
                                 const pthread_rwlockattr_t* attributes) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::RwInit, address_of(lock), sizeof(*lock), RADDLE_PC);
  }
  return RADDLE_REAL(pthread_rwlock_init)(lock, attributes);
}
RADDLE_C int pthread_rwlock_destroy(pthread_rwlock_t* lock) noexcept {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::RwDestroy, address_of(lock), sizeof(*lock), RADDLE_PC);
  }
  return RADDLE_REAL(pthread_rwlock_destroy)(lock);
}
RADDLE_C int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_rdlock)(lock);
  return lock_read(runtime->engine, *self, address_of(lock), kNoDeadline, RADDLE_PC);
}
RADDLE_C int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_tryrdlock)(lock);
  return try_lock_read(runtime->engine, *self, address_of(lock), RADDLE_PC);
}
RADDLE_C int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock,
                                        const timespec* time) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_clockrdlock)(lock, clock, time);
  if (!is_valid(time)) return EINVAL;
  return lock_read(runtime->engine, *self, address_of(lock), deadline_of(*time, clock), RADDLE_PC);
}
RADDLE_C int pthread_rwlock_timedrdlock(pthread_rwlock_t* lock, const timespec* time) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_timedrdlock)(lock, time);
  if (!is_valid(time)) return EINVAL;
  return lock_read(runtime->engine, *self, address_of(lock), deadline_of(*time, CLOCK_REALTIME),
                   RADDLE_PC);
}
RADDLE_C int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_wrlock)(lock);
  return lock_write(runtime->engine, *self, address_of(lock), kNoDeadline, RADDLE_PC);
}
RADDLE_C int pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_trywrlock)(lock);
  return try_lock_write(runtime->engine, *self, address_of(lock), RADDLE_PC);
}
RADDLE_C int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock,
                                        const timespec* time) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_clockwrlock)(lock, clock, time);
  if (!is_valid(time)) return EINVAL;
  return lock_write(runtime->engine, *self, address_of(lock), deadline_of(*time, clock), RADDLE_PC);
}
RADDLE_C int pthread_rwlock_timedwrlock(pthread_rwlock_t* lock, const timespec* time) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_timedwrlock)(lock, time);
  if (!is_valid(time)) return EINVAL;
  return lock_write(runtime->engine, *self, address_of(lock), deadline_of(*time, CLOCK_REALTIME),
                    RADDLE_PC);
}
RADDLE_C int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_rwlock_unlock)(lock);
  return unlock_rwlock(runtime->engine, *self, address_of(lock), RADDLE_PC);
}
