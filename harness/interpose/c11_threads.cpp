// The threads of C11 (threads.h), which glibc builds of the objects of pthread.

#include "harness/interpose/caller.hpp"
#include "harness/interpose/clock.hpp"
#include "harness/interpose/pthread_calls.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"
#include "scheduler/objects/waiting.hpp"

#include <cerrno>
#include <threads.h>

namespace {

using namespace raddle::scheduler;  // NOLINT: this file is the bridge
using raddle::harness::runtime;
using raddle::interpose::address_of;
using raddle::interpose::clock_of;
using raddle::interpose::deadline_of;
using raddle::interpose::is_valid;
using raddle::interpose::nanoseconds;
using raddle::interpose::renew;
using raddle::interpose::type_of;

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t));
static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(sizeof(once_flag) == sizeof(pthread_once_t));

pthread_mutex_t* pthread(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* pthread(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }
pthread_once_t* pthread(once_flag* flag) { return reinterpret_cast<pthread_once_t*>(flag); }

// What a pthread function returned, as these functions return it (glibc: thrd_err_map).
int in_c11(int error) {
  switch (error) {
    case 0: return thrd_success;
    case ENOMEM: return thrd_nomem;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
  }
}

// An int is returned in the lower half of the register in which a pointer is, so that the
// engine can call such a function as it calls all others. in_int forgets the upper half.
void* (*as_pthread_start(thrd_start_t start))(void*) {
  return reinterpret_cast<void* (*)(void*)>(reinterpret_cast<void (*)()>(start));
}
int in_int(void* result) { return static_cast<int>(reinterpret_cast<std::intptr_t>(result)); }

}  // namespace

#define RADDLE_C extern "C" __attribute__((visibility("default")))

// --- Threads ---

RADDLE_C int thrd_create(thrd_t* handle, thrd_start_t start, void* argument) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(thrd_create)(handle, start, argument);
  raddle::interpose::create_thread(*self, handle, false, as_pthread_start(start), argument,
                                   RADDLE_CALLER);
  return thrd_success;
}
RADDLE_C int thrd_join(thrd_t handle, int* result) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(thrd_join)(handle, result);
  void* returned = nullptr;
  const int error = raddle::interpose::join_thread(*self, handle, &returned, RADDLE_CALLER);
  if (error == 0 && result != nullptr) *result = in_int(returned);
  return in_c11(error);
}
RADDLE_C int thrd_detach(thrd_t handle) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(thrd_detach)(handle);
  return in_c11(raddle::interpose::detach_thread(*self, handle, RADDLE_CALLER));
}
RADDLE_C void thrd_exit(int result) {
  if (current_thread != nullptr) {
    throw raddle::harness::ThreadExit{reinterpret_cast<void*>(std::intptr_t{result})};
  }
  RADDLE_REAL(thrd_exit)(result);
  __builtin_unreachable();
}
RADDLE_C void thrd_yield() {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(thrd_yield)();
  yield_thread(runtime->engine, *self, RADDLE_CALLER);
}
RADDLE_C int thrd_sleep(const timespec* duration, timespec* remaining) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(thrd_sleep)(duration, remaining);
  constexpr int kFailed = -2;  // -1 would say that a signal came
  if (duration->tv_sec < 0 || !is_valid(duration)) return kFailed;
  auto& engine = runtime->engine;
  sleep_until(engine, *self, engine.now() + nanoseconds(*duration), RADDLE_CALLER);
  return 0;
}

// --- Mutexes ---

RADDLE_C int mtx_init(mtx_t* mutex, int type) {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::MutexInit, address_of(mutex), sizeof(*mutex), RADDLE_PC);
  }
  return RADDLE_REAL(mtx_init)(mutex, type);
}
RADDLE_C void mtx_destroy(mtx_t* mutex) {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::MutexDestroy, address_of(mutex), sizeof(*mutex), RADDLE_PC);
  }
  RADDLE_REAL(mtx_destroy)(mutex);
}
RADDLE_C int mtx_lock(mtx_t* mutex) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(mtx_lock)(mutex);
  return in_c11(lock_mutex(runtime->engine, *self, address_of(mutex), type_of(pthread(mutex)),
                           kNoDeadline, RADDLE_PC));
}
RADDLE_C int mtx_timedlock(mtx_t* __restrict mutex, const timespec* __restrict time) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(mtx_timedlock)(mutex, time);
  if (!is_valid(time)) return thrd_error;
  return in_c11(lock_mutex(runtime->engine, *self, address_of(mutex), type_of(pthread(mutex)),
                           deadline_of(*time, CLOCK_REALTIME), RADDLE_PC));
}
RADDLE_C int mtx_trylock(mtx_t* mutex) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(mtx_trylock)(mutex);
  return in_c11(try_lock_mutex(runtime->engine, *self, address_of(mutex), type_of(pthread(mutex)),
                               RADDLE_PC));
}
RADDLE_C int mtx_unlock(mtx_t* mutex) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(mtx_unlock)(mutex);
  return in_c11(
      unlock_mutex(runtime->engine, *self, address_of(mutex), type_of(pthread(mutex)), RADDLE_PC));
}

// --- Condition variables ---

RADDLE_C int cnd_init(cnd_t* condition) {
  if (Thread* self = current_thread) {
    renew(*self, EventKind::CondInit, address_of(condition), sizeof(*condition), RADDLE_CALLER);
  }
  return RADDLE_REAL(cnd_init)(condition);
}
RADDLE_C void cnd_destroy(cnd_t* condition) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(cnd_destroy)(condition);
  // The system's function would wait for sleepers, which it does not know.
  renew(*self, EventKind::CondDestroy, address_of(condition), sizeof(*condition), RADDLE_CALLER);
}
RADDLE_C int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(cnd_wait)(condition, mutex);
  return in_c11(wait_condition(runtime->engine, *self, address_of(condition), address_of(mutex),
                               type_of(pthread(mutex)), kNoDeadline, RADDLE_CALLER));
}
RADDLE_C int cnd_timedwait(cnd_t* __restrict condition, mtx_t* __restrict mutex,
                           const timespec* __restrict time) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(cnd_timedwait)(condition, mutex, time);
  if (!is_valid(time)) return thrd_error;
  return in_c11(wait_condition(runtime->engine, *self, address_of(condition), address_of(mutex),
                               type_of(pthread(mutex)),
                               deadline_of(*time, clock_of(pthread(condition))), RADDLE_CALLER));
}
RADDLE_C int cnd_signal(cnd_t* condition) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(cnd_signal)(condition);
  notify_condition(runtime->engine, *self, address_of(condition), false, RADDLE_CALLER);
  return thrd_success;
}
RADDLE_C int cnd_broadcast(cnd_t* condition) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(cnd_broadcast)(condition);
  notify_condition(runtime->engine, *self, address_of(condition), true, RADDLE_CALLER);
  return thrd_success;
}

// --- One-time initialisation, thread-specific data ---

RADDLE_C void call_once(once_flag* flag, void (*initialise)()) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(call_once)(flag, initialise);
  raddle::interpose::run_once(*self, pthread(flag), initialise, RADDLE_PC);
}
RADDLE_C int tss_create(tss_t* key, tss_dtor_t destructor) {
  return in_c11(pthread_key_create(key, destructor));
}
RADDLE_C void tss_delete(tss_t key) { pthread_key_delete(key); }

// thrd_current, thrd_equal, tss_get and tss_set look at the storage of their thread, which is
// right as it is.
