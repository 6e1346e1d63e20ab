// Boost.Fiber's mutexes. Locking, waking and fairness are the library's; what is
// added is who holds what, and the order that a critical section gives to the next.

#include "harness/fiber/members.hpp"
#include "harness/fiber/real.hpp"
#include "harness/runtime.hpp"

#include <boost/fiber/mutex.hpp>
#include <boost/fiber/recursive_mutex.hpp>
#include <boost/fiber/recursive_timed_mutex.hpp>
#include <boost/fiber/timed_mutex.hpp>

namespace {

using raddle::harness::Intent;
using raddle::harness::QuietWaking;
using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::Object;
using raddle::scheduler::ObjectKind;
using raddle::scheduler::Operation;
using raddle::scheduler::Thread;
using Time = std::chrono::steady_clock::time_point;

// One operation of the running fiber on one mutex.
class OnMutex {
 public:
  OnMutex(Thread& self, const void* mutex, std::uintptr_t pc) : self_(self) {
    bool is_new = false;
    object_ =
        &runtime->engine.object(reinterpret_cast<std::uintptr_t>(mutex), ObjectKind::Mutex, is_new);
    operation_.address = object_->address;
    operation_.object = object_;
    operation_.pc = pc;
  }

  // A scheduling point for other threads. Never one at which the carrier stands still:
  // `kind` must be always enabled.
  void announce(EventKind kind) {
    operation_.kind = kind;
    runtime->engine.announce(self_, operation_);
  }

  // The operation as a fiber is said to wait for it.
  const Operation& locking(std::uint64_t deadline = raddle::scheduler::kNoDeadline) {
    operation_.kind = EventKind::MutexLock;
    operation_.deadline = deadline;
    return operation_;
  }

  void taken(EventKind kind) {
    object_->owner = self_.id;
    ++object_->depth;
    tell(kind);
  }

  void about_to_unlock() {
    if (object_->owner == self_.id && --object_->depth == 0) {
      object_->owner = raddle::scheduler::kNoThread;
    }
    tell(EventKind::MutexUnlock);
  }

  // Not taken: a loop of that is a spin lock.
  void failed(EventKind kind) {
    tell(kind);
    if (self_.spin.on_read(operation_.pc, operation_.address, index(object_->owner))) {
      runtime->engine.yield(self_, true);
    }
  }
  void timed_out() {
    tell(EventKind::MutexTimeout);
    runtime->engine.yield(self_, false);
  }

 private:
  void tell(EventKind kind) {
    runtime->engine.took_effect(self_, kind, operation_.address, 0, 0, operation_.pc);
  }

  Thread& self_;
  Object* object_;
  Operation operation_;
};

template <typename Mutex>
void lock(Mutex* mutex, void (*real)(Mutex*), std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return real(mutex);
  OnMutex operation(*self, mutex, pc);
  operation.announce(EventKind::MutexTryLock);
  {
    const Intent intent(*self, operation.locking());
    real(mutex);
  }
  operation.taken(EventKind::MutexLock);
}

template <typename Mutex>
bool try_lock(Mutex* mutex, bool (*real)(Mutex*), std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return real(mutex);
  OnMutex operation(*self, mutex, pc);
  operation.announce(EventKind::MutexTryLock);
  bool is_taken = false;
  {
    // Having failed, the library lets other fibers go first.
    const Intent intent(*self, operation.locking());
    is_taken = real(mutex);
  }
  if (is_taken) {
    operation.taken(EventKind::MutexTryLock);
  } else {
    operation.failed(EventKind::MutexTryLockFailed);
  }
  return is_taken;
}

template <typename Mutex>
bool try_lock_until(Mutex* mutex, bool (*real)(Mutex*, const Time&), const Time& time,
                    std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return real(mutex, time);
  OnMutex operation(*self, mutex, pc);
  operation.announce(EventKind::MutexTryLock);
  bool is_taken = false;
  {
    const Intent intent(*self, operation.locking(raddle::harness::deadline_of(time)));
    is_taken = real(mutex, time);
  }
  if (is_taken) {
    operation.taken(EventKind::MutexLock);
  } else {
    operation.timed_out();
  }
  return is_taken;
}

template <typename Mutex>
void unlock(Mutex* mutex, void (*real)(Mutex*), std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return real(mutex);
  OnMutex operation(*self, mutex, pc);
  operation.announce(EventKind::MutexUnlock);
  operation.about_to_unlock();
  const QuietWaking quiet;
  real(mutex);
}

}  // namespace

#define RADDLE_MUTEX(type, mangled)                                                         \
  void type::lock() {                                                                       \
    ::lock<type>(this, RADDLE_BOOST("_ZN5boost6fibers" mangled "4lockEv", void(type*)),     \
                 RADDLE_PC);                                                                \
  }                                                                                         \
  void type::unlock() {                                                                     \
    ::unlock<type>(this, RADDLE_BOOST("_ZN5boost6fibers" mangled "6unlockEv", void(type*)), \
                   RADDLE_PC);                                                              \
  }
#define RADDLE_TRY_LOCK(mangled, type) \
  return ::try_lock<type>(             \
      this, RADDLE_BOOST("_ZN5boost6fibers" mangled "8try_lockEv", bool(type*)), RADDLE_PC)
#define RADDLE_TRY_LOCK_UNTIL(mangled, type, time)                                          \
  return ::try_lock_until<type>(                                                            \
      this,                                                                                 \
      RADDLE_BOOST("_ZN5boost6fibers" mangled                                               \
                   "15try_lock_until_ERKNSt6chrono10time_pointINS2_3_V212steady_clockENS2_" \
                   "8durationIlSt5ratioILl1ELl1000000000EEEEEE",                            \
                   bool(type*, const Time&)),                                               \
      time, RADDLE_PC)

namespace boost::fibers {

RADDLE_MUTEX(mutex, "5mutex")
bool mutex::try_lock() { RADDLE_TRY_LOCK("5mutex", mutex); }

RADDLE_MUTEX(recursive_mutex, "15recursive_mutex")
bool recursive_mutex::try_lock() noexcept { RADDLE_TRY_LOCK("15recursive_mutex", recursive_mutex); }

RADDLE_MUTEX(timed_mutex, "11timed_mutex")
bool timed_mutex::try_lock() { RADDLE_TRY_LOCK("11timed_mutex", timed_mutex); }
bool timed_mutex::try_lock_until_(const Time& time) noexcept {
  RADDLE_TRY_LOCK_UNTIL("11timed_mutex", timed_mutex, time);
}

RADDLE_MUTEX(recursive_timed_mutex, "21recursive_timed_mutex")
bool recursive_timed_mutex::try_lock() noexcept {
  RADDLE_TRY_LOCK("21recursive_timed_mutex", recursive_timed_mutex);
}
bool recursive_timed_mutex::try_lock_until_(const Time& time) noexcept {
  RADDLE_TRY_LOCK_UNTIL("21recursive_timed_mutex", recursive_timed_mutex, time);
}

}  // namespace boost::fibers
