// The public annotation functions of ThreadSanitizer (sanitizer/tsan_interface.h and the
// dynamic annotations): how a program declares what the instrumentation cannot see.

#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::Thread;

void note(EventKind kind, const volatile void* address, std::uintptr_t pc) {
  if (current_thread == nullptr) return;
  runtime->note(*current_thread, kind, reinterpret_cast<std::uintptr_t>(address), 0, pc);
}

void access(const volatile void* address, std::size_t size, bool is_write, std::uintptr_t pc) {
  if (current_thread == nullptr || size == 0) return;
  runtime->access(*current_thread, reinterpret_cast<std::uintptr_t>(address),
                  static_cast<std::uint32_t>(size), is_write, pc);
}

// What was called benign outside an execution, such as by the constructor of a global object:
// for good. Within an execution it holds for the execution.
struct Range {
  std::uintptr_t address;
  std::size_t size;
};
constinit std::vector<Range> benign;

void allow_race(const volatile void* memory, std::size_t size) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  if (current_thread != nullptr) {
    runtime->races.mute(address, size);
  } else {
    benign.push_back({address, size});
  }
}

// The plain accesses of the calling thread between Begin and End are not looked at.
void ignore(std::uint16_t Thread::*depth, int change) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  self->*depth = static_cast<std::uint16_t>(self->*depth + change);
  self->attention = 0;
}

}  // namespace

#define RADDLE_ABI extern "C" __attribute__((visibility("default")))

RADDLE_ABI void __tsan_acquire(void* address) { note(EventKind::Acquire, address, RADDLE_PC); }
RADDLE_ABI void __tsan_release(void* address) { note(EventKind::Release, address, RADDLE_PC); }

// Names for kinds of objects, of which reports make nothing.
RADDLE_ABI void* __tsan_external_register_tag(const char* type) { return const_cast<char*>(type); }
RADDLE_ABI void __tsan_external_register_header(void*, const char*) {}
RADDLE_ABI void __tsan_external_assign_tag(void*, void*) {}
RADDLE_ABI void __tsan_external_read(void* address, void*, void*) {
  access(address, 1, false, RADDLE_PC);
}
RADDLE_ABI void __tsan_external_write(void* address, void*, void*) {
  access(address, 1, true, RADDLE_PC);
}

// A mutex of the program's own making tells when it is taken and released. The operations on its
// atomics are scheduled as they are; these add the order between critical sections.
RADDLE_ABI void __tsan_mutex_create(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_destroy(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_lock(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_lock(void* mutex, unsigned flags, int) {
  constexpr unsigned kTryLockFailed = 1u << 5;
  if ((flags & kTryLockFailed) == 0) note(EventKind::Acquire, mutex, RADDLE_PC);
}
RADDLE_ABI int __tsan_mutex_pre_unlock(void* mutex, unsigned) {
  note(EventKind::Release, mutex, RADDLE_PC);
  return 0;
}
RADDLE_ABI void __tsan_mutex_post_unlock(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_signal(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_signal(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_divert(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_divert(void*, unsigned) {}

RADDLE_ABI void AnnotateHappensBefore(const char*, int, const volatile void* address) {
  note(EventKind::Release, address, RADDLE_PC);
}
RADDLE_ABI void AnnotateHappensAfter(const char*, int, const volatile void* address) {
  note(EventKind::Acquire, address, RADDLE_PC);
}
RADDLE_ABI void AnnotateNewMemory(const char*, int, const volatile void* address,
                                  std::size_t size) {
  if (current_thread != nullptr) {
    runtime->races.forget(reinterpret_cast<std::uintptr_t>(address), size);
  }
}
RADDLE_ABI void AnnotateBenignRaceSized(const char*, int, const volatile void* address,
                                        std::size_t size, const char*) {
  allow_race(address, size);
}
RADDLE_ABI void AnnotateBenignRace(const char*, int, const volatile void* address, const char*) {
  allow_race(address, 1);
}

RADDLE_ABI void AnnotateIgnoreReadsBegin(const char*, int) { ignore(&Thread::reads_ignored, 1); }
RADDLE_ABI void AnnotateIgnoreReadsEnd(const char*, int) { ignore(&Thread::reads_ignored, -1); }
RADDLE_ABI void AnnotateIgnoreWritesBegin(const char*, int) { ignore(&Thread::writes_ignored, 1); }
RADDLE_ABI void AnnotateIgnoreWritesEnd(const char*, int) { ignore(&Thread::writes_ignored, -1); }
// Clang puts these around functions that are not to be looked into, with all they call.
RADDLE_ABI void __tsan_ignore_thread_begin() {
  ignore(&Thread::reads_ignored, 1);
  ignore(&Thread::writes_ignored, 1);
}
RADDLE_ABI void __tsan_ignore_thread_end() {
  ignore(&Thread::reads_ignored, -1);
  ignore(&Thread::writes_ignored, -1);
}

// A reader-writer lock of the program's own making. What readers leave behind is kept under its
// second byte: it is for writers, not for other readers.
RADDLE_ABI void AnnotateRWLockCreate(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateRWLockCreateStatic(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateRWLockDestroy(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateRWLockAcquired(const char*, int, const volatile void* lock,
                                       long is_writer) {
  note(EventKind::Acquire, lock, RADDLE_PC);
  if (is_writer != 0) {
    note(EventKind::Acquire, static_cast<const volatile char*>(lock) + 1, RADDLE_PC);
  }
}
RADDLE_ABI void AnnotateRWLockReleased(const char*, int, const volatile void* lock,
                                       long is_writer) {
  const auto* bytes = static_cast<const volatile char*>(lock);
  note(EventKind::Release, is_writer != 0 ? bytes : bytes + 1, RADDLE_PC);
}

RADDLE_ABI void AnnotateThreadName(const char*, int, const char* name) {
  if (Thread* self = current_thread) {
    std::strncpy(self->name, name, sizeof(self->name) - 1);
    self->name[sizeof(self->name) - 1] = '\0';
  }
}

namespace raddle::harness {

void mute_benign_races(detectors::HappensBefore& races) {
  for (const Range& range : benign) races.mute(range.address, range.size);
}

}  // namespace raddle::harness
