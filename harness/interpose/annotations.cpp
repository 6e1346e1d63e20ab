// The public annotation functions of ThreadSanitizer (sanitizer/tsan_interface.h and the
// dynamic annotations): how a program declares what the instrumentation cannot see.

#include "harness/interpose/annotations.hpp"

#include "harness/interpose/annotated_locks.hpp"
#include "harness/interpose/real.hpp"
#include "harness/interpose/tsan_fibers.hpp"
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
void ignore_accesses(Thread& thread, int change) {
  thread.reads_ignored = static_cast<std::uint16_t>(thread.reads_ignored + change);
  thread.writes_ignored = static_cast<std::uint16_t>(thread.writes_ignored + change);
  thread.attention = 0;
}

// The search for races is off: for the rest of this execution, or, said outside of one, for good.
constinit bool is_off = false, is_off_for_good = false;

void forget(const volatile void* address, std::size_t size) {
  if (current_thread == nullptr) return;
  runtime->races.forget(reinterpret_cast<std::uintptr_t>(address), size);
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

RADDLE_ABI void AnnotateHappensBefore(const char*, int, const volatile void* address) {
  note(EventKind::Release, address, RADDLE_PC);
}
RADDLE_ABI void AnnotateHappensAfter(const char*, int, const volatile void* address) {
  note(EventKind::Acquire, address, RADDLE_PC);
}
RADDLE_ABI void WTFAnnotateHappensBefore(const char*, int, const volatile void* address) {
  note(EventKind::Release, address, RADDLE_PC);
}
RADDLE_ABI void WTFAnnotateHappensAfter(const char*, int, const volatile void* address) {
  note(EventKind::Acquire, address, RADDLE_PC);
}
// A condition variable and a queue of the program's own making: what was done before a signal has
// happened before a wait that comes after it, and the same with put and get.
RADDLE_ABI void AnnotateCondVarSignal(const char*, int, const volatile void* condition) {
  note(EventKind::Release, condition, RADDLE_PC);
}
RADDLE_ABI void AnnotateCondVarSignalAll(const char*, int, const volatile void* condition) {
  note(EventKind::Release, condition, RADDLE_PC);
}
RADDLE_ABI void AnnotateCondVarWait(const char*, int, const volatile void* condition,
                                    const volatile void*) {
  note(EventKind::Acquire, condition, RADDLE_PC);
}
RADDLE_ABI void AnnotatePCQCreate(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotatePCQDestroy(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotatePCQPut(const char*, int, const volatile void* queue) {
  note(EventKind::Release, queue, RADDLE_PC);
}
RADDLE_ABI void AnnotatePCQGet(const char*, int, const volatile void* queue) {
  note(EventKind::Acquire, queue, RADDLE_PC);
}

RADDLE_ABI void AnnotateNewMemory(const char*, int, const volatile void* address,
                                  std::size_t size) {
  forget(address, size);
}
// What was done to the memory until here has happened before whatever is done to it from here
// on. Taken back, that has no effect on what was done in the meantime.
RADDLE_ABI void AnnotatePublishMemoryRange(const char*, int, const volatile void* address,
                                           std::size_t size) {
  forget(address, size);
}
RADDLE_ABI void AnnotateUnpublishMemoryRange(const char*, int, const volatile void*, std::size_t) {}
RADDLE_ABI void AnnotateBenignRaceSized(const char*, int, const volatile void* address,
                                        std::size_t size, const char*) {
  allow_race(address, size);
}
RADDLE_ABI void AnnotateBenignRace(const char*, int, const volatile void* address, const char*) {
  allow_race(address, 1);
}
RADDLE_ABI void WTFAnnotateBenignRaceSized(const char*, int, const volatile void* address,
                                           std::size_t size, const char*) {
  allow_race(address, size);
}
// A test of a detector says which races it has. That one of them is not met in every
// execution is no news: nothing is said at the flush.
RADDLE_ABI void AnnotateExpectRace(const char*, int, const volatile void* address, const char*) {
  allow_race(address, 1);
}
RADDLE_ABI void AnnotateFlushExpectedRaces(const char*, int) {}

RADDLE_ABI void AnnotateEnableRaceDetection(const char*, int, int enable) {
  if (current_thread == nullptr) {
    is_off_for_good = enable == 0;
    return;
  }
  if (is_off == (enable == 0)) return;
  is_off = enable == 0;
  for (const auto& thread : runtime->engine.threads()) {
    ignore_accesses(*thread, is_off ? 1 : -1);
  }
}

// The scheduler sees the synchronisation of the thread, the detectors of races do not.
RADDLE_ABI void AnnotateIgnoreSyncBegin(const char*, int) {
  if (Thread* self = current_thread) runtime->ignore_sync(*self, true);
}
RADDLE_ABI void AnnotateIgnoreSyncEnd(const char*, int) {
  if (Thread* self = current_thread) runtime->ignore_sync(*self, false);
}

RADDLE_ABI void AnnotateIgnoreReadsBegin(const char*, int) { ignore(&Thread::reads_ignored, 1); }
RADDLE_ABI void AnnotateIgnoreReadsEnd(const char*, int) { ignore(&Thread::reads_ignored, -1); }
RADDLE_ABI void AnnotateIgnoreWritesBegin(const char*, int) { ignore(&Thread::writes_ignored, 1); }
RADDLE_ABI void AnnotateIgnoreWritesEnd(const char*, int) { ignore(&Thread::writes_ignored, -1); }
// Clang puts these around functions that are not to be looked into, with all they call.
RADDLE_ABI void __tsan_ignore_thread_begin() {
  if (Thread* self = current_thread) ignore_accesses(*self, 1);
}
RADDLE_ABI void __tsan_ignore_thread_end() {
  if (Thread* self = current_thread) ignore_accesses(*self, -1);
}

RADDLE_ABI void AnnotateThreadName(const char*, int, const char* name) {
  if (Thread* self = current_thread) {
    std::strncpy(self->name, name, sizeof(self->name) - 1);
    self->name[sizeof(self->name) - 1] = '\0';
  }
}

// For other tools than a race detector: what is initialised, what is to be traced, what
// may be thrown away to save memory.
RADDLE_ABI void AnnotateMemoryIsInitialized(const char*, int, const volatile void*, std::size_t) {}
RADDLE_ABI void AnnotateMemoryIsUninitialized(const char*, int, const volatile void*, std::size_t) {
}
RADDLE_ABI void AnnotateTraceMemory(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateNoOp(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateFlushState(const char*, int) {}
RADDLE_ABI void __tsan_flush_memory() {}
// To a detector that guesses by locks: which mutexes order. To this one all of them do.
RADDLE_ABI void AnnotateMutexIsNotPHB(const char*, int, const volatile void*) {}
RADDLE_ABI void AnnotateMutexIsUsedAsCondVar(const char*, int, const volatile void*) {}

RADDLE_ABI int RunningOnValgrind() { return 0; }
// Time is virtual. Weak, as in ThreadSanitizer: copies of dynamic_annotations.c define it.
RADDLE_ABI __attribute__((weak)) double ValgrindSlowdown() { return 1; }
RADDLE_ABI const char* ThreadSanitizerQuery(const char* query) {
  return std::strcmp(query, "pure_happens_before") == 0 ? "1" : "0";
}

namespace raddle::interpose {

void inherit_annotations(Thread& created) {
  if (is_off) ignore_accesses(created, 1);
}

}  // namespace raddle::interpose

namespace raddle::harness {

// An execution begins: what was said within the one before is forgotten.
void mute_benign_races(detectors::HappensBefore& races) {
  is_off = false;
  interpose::forget_annotated_locks();
  interpose::forget_fibers();
  if (is_off_for_good) races.set_enabled(false);
  for (const Range& range : benign) races.mute(range.address, range.size);
}

}  // namespace raddle::harness
