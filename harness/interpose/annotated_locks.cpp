// Locks of the program's own making, which tell when they are taken and released
// (sanitizer/tsan_interface.h: __tsan_mutex_*; AnnotateRWLock*). The operations on their atomics
// are scheduled as they are; these add the order between critical sections.

#include "harness/interpose/annotated_locks.hpp"

#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::Object;
using raddle::scheduler::ObjectKind;
using raddle::scheduler::Thread;
using raddle::scheduler::ThreadId;

// Flags of the __tsan_mutex_* functions.
constexpr unsigned kReadLock = 1u << 3;
constexpr unsigned kTryLockFailed = 1u << 5;
constexpr unsigned kRecursiveLock = 1u << 6;
constexpr unsigned kRecursiveUnlock = 1u << 7;

struct Held {
  ThreadId thread;
  const volatile void* lock;
  int depth;
};
constinit std::vector<Held> held;

std::vector<Held>::iterator find(const Thread& self, const volatile void* lock) {
  return std::ranges::find_if(
      held, [&](const Held& entry) { return entry.thread == self.id && entry.lock == lock; });
}

// What readers leave behind is kept under the lock's second byte: it is for writers, not
// for other readers.
std::uintptr_t left_by_writers(const volatile void* lock) {
  return reinterpret_cast<std::uintptr_t>(lock);
}
std::uintptr_t left_by_readers(const volatile void* lock) { return left_by_writers(lock) + 1; }

void taken(const volatile void* lock, bool is_writer, int depth, std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  runtime->note(*self, EventKind::Acquire, left_by_writers(lock), 0, pc);
  if (is_writer) runtime->note(*self, EventKind::Acquire, left_by_readers(lock), 0, pc);
  const auto entry = find(*self, lock);
  if (entry != held.end()) {
    entry->depth += depth;
    return;
  }
  const raddle::harness::RuntimeScope scope;
  held.push_back({self->id, lock, depth});
}

// How often it was held and is no more.
int about_to_release(const volatile void* lock, bool is_writer, bool wholly, std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return 0;
  runtime->note(*self, EventKind::Release,
                is_writer ? left_by_writers(lock) : left_by_readers(lock), 0, pc);
  const auto entry = find(*self, lock);
  if (entry == held.end()) return 0;
  const int depth = wholly ? entry->depth : 1;
  entry->depth -= depth;
  if (entry->depth == 0) held.erase(entry);
  return depth;
}

bool is_held_by(const Object& object, ThreadId thread) {
  switch (object.kind) {
    case ObjectKind::Mutex: return object.owner == thread && object.depth != 0;
    case ObjectKind::RwLock:
      return object.owner == thread ||
             (index(thread) < 64 && (object.reader_ids >> index(thread) & 1) != 0);
    default: return false;
  }
}

}  // namespace

namespace raddle::interpose {

void forget_annotated_locks() { held.clear(); }

}  // namespace raddle::interpose

#define RADDLE_ABI extern "C" __attribute__((visibility("default")))

RADDLE_ABI void __tsan_mutex_create(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_destroy(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_lock(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_lock(void* mutex, unsigned flags, int recursion) {
  if ((flags & kTryLockFailed) != 0) return;
  const bool takes_back = (flags & kRecursiveLock) != 0 && recursion > 0;
  taken(mutex, (flags & kReadLock) == 0, takes_back ? recursion : 1, RADDLE_PC);
}
RADDLE_ABI int __tsan_mutex_pre_unlock(void* mutex, unsigned flags) {
  return about_to_release(mutex, (flags & kReadLock) == 0, (flags & kRecursiveUnlock) != 0,
                          RADDLE_PC);
}
RADDLE_ABI void __tsan_mutex_post_unlock(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_signal(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_signal(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_divert(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_divert(void*, unsigned) {}

RADDLE_ABI void AnnotateRWLockCreate(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateRWLockCreateStatic(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateRWLockDestroy(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateRWLockAcquired(const char*, int, const volatile void* lock,
                                       long is_writer) {
  taken(lock, is_writer != 0, 1, RADDLE_PC);
}
RADDLE_ABI void AnnotateRWLockReleased(const char*, int, const volatile void* lock,
                                       long is_writer) {
  about_to_release(lock, is_writer != 0, false, RADDLE_PC);
}

// A place where the program must not hold any, such as before it waits for something slow.
RADDLE_ABI void __tsan_check_no_mutexes_held() {
  const Thread* self = current_thread;
  if (self == nullptr) return;
  bool holds = std::ranges::any_of(held, [&](const Held& e) { return e.thread == self->id; });
  runtime->engine.objects().for_each(
      [&](const Object& object) { holds = holds || is_held_by(object, self->id); });
  if (!holds) return;
  runtime->fail(raddle::FindingKind::MutexMisuse,
                "__tsan_check_no_mutexes_held was called with a mutex held", RADDLE_PC);
}
