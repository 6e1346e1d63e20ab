// One-time initialisation: pthread_once (and std::call_once on top of it), and the guards
// of function-local statics.

#include "harness/interpose/instrumented.hpp"
#include "harness/interpose/pthread_calls.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"
#include "scheduler/objects/waiting.hpp"

#include <atomic>
#include <cxxabi.h>
#include <pthread.h>
#include <vector>

namespace {

using raddle::harness::runtime;
using raddle::harness::RuntimeScope;
using raddle::interpose::is_instrumented;
using raddle::scheduler::begin_once;
using raddle::scheduler::current_thread;
using raddle::scheduler::end_once;
using raddle::scheduler::EventKind;
using raddle::scheduler::MemoryOrder;
using raddle::scheduler::Thread;

// glibc's pthread_once_t when the initialiser has run.
constexpr int kOnceDone = 2;

struct Destructor {
  void (*function)(void*);
  void* object;
};

// Function-local statics that this execution constructed, and what destroys
// them. They live for one execution: the next one constructs them anew, as a new process would.
constinit std::vector<__cxxabiv1::__guard*> constructed;
constinit std::vector<Destructor> destructors;
// pthread_once_t objects whose initialiser runs.
constinit std::vector<pthread_once_t*> running;

bool is_once_done(std::uintptr_t address) {
  return *reinterpret_cast<const int*>(address) == kOnceDone;
}
// Itanium C++ ABI, 3.3.2: the first byte of a guard is 1 when the object exists.
bool is_guard_done(std::uintptr_t address) {
  return *reinterpret_cast<const unsigned char*>(address) == 1;
}

}  // namespace

void raddle::interpose::run_once(Thread& self, pthread_once_t* control, void (*initialise)(),
                                 std::uintptr_t pc) {
  auto& engine = runtime->engine;
  const auto address = reinterpret_cast<std::uintptr_t>(control);
  if (!begin_once(engine, self, address, is_once_done, pc)) return;
  {
    RuntimeScope scope;
    running.push_back(control);
  }
  auto forget = [control] {
    RuntimeScope scope;
    std::erase(running, control);
  };
  try {
    initialise();
  } catch (...) {
    forget();
    end_once(engine, self, address, false, pc);
    throw;
  }
  forget();
  *control = kOnceDone;
  end_once(engine, self, address, true, pc);
}

#define RADDLE_C extern "C" __attribute__((visibility("default")))

RADDLE_C int pthread_once(pthread_once_t* control, void (*initialise)()) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(pthread_once)(control, initialise);
  raddle::interpose::run_once(*self, control, initialise, RADDLE_PC);
  return 0;
}

namespace __cxxabiv1 {

RADDLE_C int __cxa_guard_acquire(__guard* guard) {
  Thread* self = current_thread;
  if (self == nullptr || !is_instrumented(RADDLE_PC)) {
    using Acquire = int(__guard*);
    static constinit Acquire* cache = nullptr;
    return raddle::interpose::resolve(cache, "__cxa_guard_acquire")(guard);
  }
  const auto address = reinterpret_cast<std::uintptr_t>(guard);
  return begin_once(runtime->engine, *self, address, is_guard_done, RADDLE_PC) ? 1 : 0;
}

RADDLE_C void __cxa_guard_release(__guard* guard) noexcept {
  Thread* self = current_thread;
  if (self == nullptr || !is_instrumented(RADDLE_PC)) {
    using Release = void(__guard*);
    static constinit Release* cache = nullptr;
    return raddle::interpose::resolve(cache, "__cxa_guard_release")(guard);
  }
  const auto address = reinterpret_cast<std::uintptr_t>(guard);
  {
    RuntimeScope scope;
    constructed.push_back(guard);
  }
  *reinterpret_cast<volatile unsigned char*>(guard) = 1;
  // Code that finds the object constructed reads the guard itself, with acquire order.
  runtime->engine.took_effect(*self, EventKind::AtomicStore, address, 1, 0, RADDLE_PC,
                              MemoryOrder::Release, 1);
  end_once(runtime->engine, *self, address, true, RADDLE_PC);
}

RADDLE_C void __cxa_guard_abort(__guard* guard) noexcept {
  Thread* self = current_thread;
  if (self == nullptr || !is_instrumented(RADDLE_PC)) {
    using Abort = void(__guard*);
    static constinit Abort* cache = nullptr;
    return raddle::interpose::resolve(cache, "__cxa_guard_abort")(guard);
  }
  end_once(runtime->engine, *self, reinterpret_cast<std::uintptr_t>(guard), false, RADDLE_PC);
}

}  // namespace __cxxabiv1

// The destructor of a static. Registered by code under test, it belongs to the execution.
RADDLE_C int __cxa_atexit(void (*function)(void*), void* object, void* module) noexcept {
  if (current_thread == nullptr || !is_instrumented(RADDLE_PC)) {
    using Register = int(void (*)(void*), void*, void*);
    static constinit Register* cache = nullptr;
    return raddle::interpose::resolve(cache, "__cxa_atexit")(function, object, module);
  }
  RuntimeScope scope;
  destructors.push_back({function, object});
  return 0;
}

namespace raddle::harness {

void run_static_destructors() {
  while (!destructors.empty()) {
    const Destructor destructor = destructors.back();
    {
      RuntimeScope scope;
      destructors.pop_back();
    }
    destructor.function(destructor.object);
  }
}

void reset_statics() {
  for (auto* guard : constructed) *guard = 0;
  constructed.clear();
  destructors.clear();
  for (pthread_once_t* control : running) *control = PTHREAD_ONCE_INIT;
  running.clear();
}

}  // namespace raddle::harness
