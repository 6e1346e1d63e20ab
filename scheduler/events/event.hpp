// What threads under test do, as every layer speaks of it.
#pragma once

#include "scheduler/events/ids.hpp"

#include <cstdint>
#include <string_view>

namespace raddle::scheduler {

// An operation that took effect. The comment names what `value` and `extra`
// of the Event hold, where they hold anything.
enum class EventKind : std::uint8_t {
  // Threads. `address` is 0; the thread concerned is in `value`.
  ThreadCreate,  // value: the new thread
  ThreadStart,   // first event of a thread; value: its creator
  ThreadEnd,     // last event of a thread
  ThreadJoin,    // value: the thread that had ended
  ThreadDetach,  // value: the thread

  // Plain memory: `address`, `size` bytes (more than 16: a range). In a
  // recorded trace `value` holds the bytes when size <= 8.
  Read,
  Write,

  // Atomics, with `order`. A failed compare-exchange is a load.
  AtomicLoad,           // value: what was read
  AtomicStore,          // value: what was written
  AtomicRmw,            // value: what was written, extra: what was read
  AtomicCompareFailed,  // value: what was read, extra: what was expected
  Fence,

  // Mutexes and spin locks. `address` is the object.
  MutexInit,
  MutexDestroy,
  MutexLock,
  MutexTryLock,        // succeeded
  MutexTryLockFailed,  // held by another
  MutexTimeout,        // a timed lock gave up
  MutexUnlock,

  // Reader-writer locks.
  RwInit,
  RwDestroy,
  ReadLock,
  ReadTryLock,
  ReadTryLockFailed,
  ReadTimeout,
  WriteLock,
  WriteTryLock,
  WriteTryLockFailed,
  WriteTimeout,
  ReadUnlock,
  WriteUnlock,

  // Condition variables. `address` is the condition, `extra` the mutex.
  CondInit,
  CondDestroy,
  CondWait,       // mutex released, asleep
  CondWake,       // notified, mutex taken again
  CondTimeout,    // timed out, mutex taken again
  CondNotifyOne,  // value: threads woken, 0 or 1
  CondNotifyAll,  // value: threads woken

  // Semaphores. `value` is the count afterwards.
  SemInit,
  SemDestroy,
  SemPost,
  SemWait,
  SemTryFailed,
  SemTimeout,

  // Barriers. `value` is the number of threads still missing.
  BarrierInit,
  BarrierDestroy,
  BarrierArrive,
  BarrierLeave,

  // One-time initialisation: pthread_once, std::call_once, function-local statics.
  OnceBegin,  // this thread runs the initialiser
  OnceEnd,    // it is done
  OnceAbort,  // it threw: the next caller tries again
  OncePass,   // found it done

  // Futex system calls, on which std::atomic::wait and others stand.
  FutexWait,      // value: the word's value when the thread went to sleep
  FutexMismatch,  // the word had changed: no sleep; value: the word
  FutexWoken,
  FutexTimeout,
  FutexWake,  // value: threads woken

  // Time and choice.
  Yield,
  Sleep,   // value: nanoseconds of virtual time
  Choose,  // value: what was chosen, extra: out of how many

  // Heap. `address` is the block, `extra` its size in bytes.
  Allocate,
  Free,

  // Happens-before edges that the program itself declares (__tsan_acquire, __tsan_release).
  Acquire,
  Release,

  // Fibers of the program's own. `address` is what the fiber waits on.
  Suspend,
  Resume,

  // What may happen for no reason that the program could see, and mostly does not.
  CondSpurious,      // mutex released; woken at once, and about to lock it again; extra: the mutex
  FutexSpurious,     // the word was as expected, and the thread did not sleep; value: the word
  AtomicWeakFailed,  // value: what was read, extra: what was expected, which is the same

  // New ones come last: tokens hold these numbers.
};

inline constexpr std::size_t kEventKinds =
    static_cast<std::size_t>(EventKind::AtomicWeakFailed) + 1;

// Nobody need expect it, and everybody must be prepared for it.
constexpr bool is_spurious(EventKind kind) {
  return kind == EventKind::CondSpurious || kind == EventKind::FutexSpurious ||
         kind == EventKind::AtomicWeakFailed;
}

// "lock", "atomic load", ...: the words that reports use.
std::string_view name(EventKind kind);

// As std::memory_order, and the same values as the __tsan_* ABI passes.
enum class MemoryOrder : std::uint8_t { Relaxed, Consume, Acquire, Release, AcqRel, SeqCst };

constexpr bool acquires(MemoryOrder order) {
  return order == MemoryOrder::Consume || order == MemoryOrder::Acquire ||
         order == MemoryOrder::AcqRel || order == MemoryOrder::SeqCst;
}
constexpr bool releases(MemoryOrder order) {
  return order == MemoryOrder::Release || order == MemoryOrder::AcqRel ||
         order == MemoryOrder::SeqCst;
}

// One thing that one thread did. Plain data, 56 bytes, valid across fork().
struct Event {
  EventKind kind{};
  MemoryOrder order{MemoryOrder::Relaxed};
  ThreadId thread{};
  std::uint32_t size{};      // bytes accessed, for memory
  std::uint64_t step{};      // events before this one in the execution
  std::uintptr_t address{};  // of the object
  std::uint64_t value{};
  std::uint64_t extra{};
  std::uintptr_t pc{};  // return address in the code that did it
};

}  // namespace raddle::scheduler
