// Threads: creation, end, names, keys, thread-local destructors.

#include "harness/interpose/annotations.hpp"
#include "harness/interpose/caller.hpp"
#include "harness/interpose/clock.hpp"
#include "harness/interpose/pthread_calls.hpp"
#include "harness/interpose/real.hpp"
#include "harness/interpose/tsan_fibers.hpp"
#include "harness/runtime.hpp"
#include "scheduler/objects/waiting.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::Thread;

// Values of pthread keys are kept by glibc, in the donor's own storage. Known
// here is only which keys exist, to run their destructors when a thread under test ends.
struct Key {
  bool exists;
  void (*destructor)(void*);
};
constinit Key keys[PTHREAD_KEYS_MAX] = {};
constinit pthread_key_t keys_end = 0;  // above all that exist: programs have but a few

}  // namespace

namespace raddle::interpose {

void create_thread(Thread& self, pthread_t* handle, bool is_detached, void* (*start)(void*),
                   void* argument, std::uintptr_t pc) {
  auto& engine = runtime->engine;
  engine.announce_if_watched(self, EventKind::ThreadCreate, pc);
  Thread& thread = engine.create_thread(self, start, argument);
  thread.created_at = self.stack_node;
  thread.created_pc = pc;
  thread.is_detached = is_detached;
  inherit_annotations(thread);
  *handle = thread.fiber->handle();
  if (runtime->recorder() != nullptr) runtime->recorder()->on_thread_created(thread);
  engine.took_effect(self, EventKind::ThreadCreate, 0, index(thread.id), 0, pc);
}

namespace {

// EDEADLK, EINVAL and ESRCH as pthread_join has them; 0 if it may be waited for.
int check_join(Thread& self, pthread_t handle, Thread*& target) {
  target = runtime->engine.find_thread(handle);
  if (target == nullptr || target->is_joined) return ESRCH;
  if (target == &self || target == self.carrier) return EDEADLK;
  if (target->is_detached) return EINVAL;
  return 0;
}

}  // namespace

int join_thread(Thread& self, pthread_t handle, void** result, std::uintptr_t pc) {
  Thread* target = nullptr;
  if (const int error = check_join(self, handle, target)) return error;
  scheduler::join_thread(runtime->engine, self, *target, pc);
  if (result != nullptr) *result = target->result;
  return 0;
}

int detach_thread(Thread& self, pthread_t handle, std::uintptr_t pc) {
  auto& engine = runtime->engine;
  Thread* target = engine.find_thread(handle);
  if (target == nullptr || target->is_joined) return ESRCH;
  if (target->is_detached) return EINVAL;
  target->is_detached = true;
  ++self.events;
  engine.took_effect(self, EventKind::ThreadDetach, 0, index(target->id), 0, pc);
  if (target->has_ended) engine.joined(*target);
  return 0;
}

}  // namespace raddle::interpose

using raddle::interpose::check_join;
using raddle::interpose::create_thread;
using raddle::interpose::detach_thread;
using raddle::interpose::join_thread;

#define RADDLE_C extern "C" __attribute__((visibility("default")))

RADDLE_C int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                            void* (*start)(void*), void* argument) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_create)(handle, attributes, start, argument);
  int detach_state = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) pthread_attr_getdetachstate(attributes, &detach_state);
  create_thread(*self, handle, detach_state == PTHREAD_CREATE_DETACHED, start, argument,
                RADDLE_CALLER);
  return 0;
}

RADDLE_C int pthread_join(pthread_t handle, void** result) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_join)(handle, result);
  return join_thread(*self, handle, result, RADDLE_CALLER);
}

RADDLE_C int pthread_tryjoin_np(pthread_t handle, void** result) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_tryjoin_np)(handle, result);
  Thread* target = nullptr;
  if (const int error = check_join(*self, handle, target)) return error;
  if (!target->has_ended) {
    raddle::scheduler::yield_thread(runtime->engine, *self, RADDLE_CALLER);
    if (!target->has_ended) return EBUSY;
  }
  return join_thread(*self, handle, result, RADDLE_CALLER);
}

RADDLE_C int pthread_clockjoin_np(pthread_t handle, void** result, clockid_t clock,
                                  const timespec* time) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_clockjoin_np)(handle, result, clock, time);
  Thread* target = nullptr;
  if (const int error = check_join(*self, handle, target)) return error;
  auto& engine = runtime->engine;
  const std::uint64_t deadline = raddle::interpose::deadline_of(*time, clock);
  while (!target->has_ended && engine.now() < deadline) {
    raddle::scheduler::sleep_until(engine, *self, deadline, RADDLE_CALLER);
  }
  if (!target->has_ended) return ETIMEDOUT;
  return join_thread(*self, handle, result, RADDLE_CALLER);
}
RADDLE_C int pthread_timedjoin_np(pthread_t handle, void** result, const timespec* time) {
  if (current_thread == nullptr) return RADDLE_REAL(pthread_timedjoin_np)(handle, result, time);
  return pthread_clockjoin_np(handle, result, CLOCK_REALTIME, time);
}

RADDLE_C int pthread_detach(pthread_t handle) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_detach)(handle);
  return detach_thread(*self, handle, RADDLE_CALLER);
}

RADDLE_C void pthread_exit(void* result) {
  if (current_thread != nullptr) throw raddle::harness::ThreadExit{result};
  RADDLE_REAL(pthread_exit)(result);
  __builtin_unreachable();
}

RADDLE_C int pthread_setname_np(pthread_t handle, const char* name) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_setname_np)(handle, name);
  Thread* target = runtime->engine.find_thread(handle);
  if (target == nullptr) return ESRCH;
  if (std::strlen(name) >= sizeof(target->name)) return ERANGE;
  std::strcpy(target->name, name);
  return 0;
}
RADDLE_C int pthread_getname_np(pthread_t handle, char* out, std::size_t size) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_getname_np)(handle, out, size);
  const Thread* target = runtime->engine.find_thread(handle);
  if (target == nullptr) return ESRCH;
  if (std::strlen(target->name) >= size) return ERANGE;
  std::strcpy(out, target->name);
  return 0;
}

// One OS thread runs them all; what they are told keeps them apart.
RADDLE_C pid_t gettid() {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(gettid)();
  const Thread& thread = self->carrier != nullptr ? *self->carrier : *self;
  return getpid() + 1 + static_cast<pid_t>(index(thread.id));
}

// A signal for a thread under test cannot be delivered to it alone.
RADDLE_C int pthread_kill(pthread_t handle, int signal) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_kill)(handle, signal);
  if (signal == 0) return runtime->engine.find_thread(handle) != nullptr ? 0 : ESRCH;
  runtime->fail(raddle::FindingKind::UncontrolledBlocking,
                "pthread_kill between threads under test is not supported", RADDLE_CALLER);
}
RADDLE_C int pthread_cancel(pthread_t handle) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_cancel)(handle);
  runtime->fail(raddle::FindingKind::UncontrolledBlocking,
                "pthread_cancel of a thread under test is not supported", RADDLE_CALLER);
}

// --- Thread-specific data ---

RADDLE_C int pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) {
  const int error = RADDLE_REAL(pthread_key_create)(key, destructor);
  if (error == 0) {
    keys[*key] = {true, destructor};
    keys_end = std::max(keys_end, *key + 1);
  }
  return error;
}
RADDLE_C int pthread_key_delete(pthread_key_t key) {
  if (key < PTHREAD_KEYS_MAX) keys[key] = {};
  return RADDLE_REAL(pthread_key_delete)(key);
}

namespace raddle::harness {

void forget_key_values() {
  for (pthread_key_t key = 0; key < keys_end; ++key) {
    if (keys[key].exists) pthread_setspecific(key, nullptr);
  }
}

void run_key_destructors() {
  // A destructor may set values again: POSIX allows that a few times.
  for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; ++round) {
    bool any = false;
    for (pthread_key_t key = 0; key < keys_end; ++key) {
      if (!keys[key].exists) continue;
      void* value = pthread_getspecific(key);
      if (value == nullptr) continue;
      pthread_setspecific(key, nullptr);
      if (keys[key].destructor == nullptr) continue;
      any = true;
      keys[key].destructor(value);
    }
    if (!any) break;
  }
  interpose::end_fibers_with_thread();  // the last thing that a thread does
}

}  // namespace raddle::harness

// What thread_local objects with destructors register themselves with.
RADDLE_C int __cxa_thread_atexit_impl(void (*destructor)(void*), void* object, void* module) {
  Thread* self = current_thread;
  if (self == nullptr) {
    using Register = int(void (*)(void*), void*, void*);
    static constinit Register* cache = nullptr;
    return raddle::interpose::resolve(cache, "__cxa_thread_atexit_impl")(destructor, object,
                                                                         module);
  }
  raddle::harness::RuntimeScope scope;
  // Fibers share the variables of their thread.
  Thread& owner = self->carrier != nullptr ? *self->carrier : *self;
  owner.exit_handlers.push_back({destructor, object});
  return 0;
}
