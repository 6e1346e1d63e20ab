// What a detector returns: what went wrong, in terms of threads, addresses and
// steps. Names and source lines are added by harness/report.
#pragma once

#include "scheduler/events/event.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace raddle::detectors {

enum class ProblemKind : std::uint8_t {
  DataRace,
  UseAfterFree,
  DoubleFree,
  Deadlock,
  LostWakeup,
  MutexMisuse,
};

enum class Misuse : std::uint8_t {
  None,
  DoubleLock,        // normal mutex, locked again by its holder
  UnlockNotHeld,     // nobody holds it
  UnlockByAnother,   // held by Problem::other
  DestroyHeld,       // destroyed or freed while held by Problem::other
  DestroyWaitedOn,   // a condition, semaphore or barrier destroyed while Problem::other waits on it
  WaitMutexNotHeld,  // condition wait with a mutex that the thread does not hold
};

// How one access of a race touched memory.
enum class AccessKind : std::uint8_t { Read, Write, AtomicRead, AtomicWrite, Free };

// Plain data, valid across fork(). Which fields mean something depends on `kind`.
struct Problem {
  ProblemKind kind{};
  Misuse misuse{};                                   // MutexMisuse
  scheduler::ThreadId thread{scheduler::kNoThread};  // who did the last thing
  scheduler::ThreadId other{
      scheduler::kNoThread};  // the earlier access, the holder, the waiter, who freed
  AccessKind access{};        // DataRace, UseAfterFree: what `thread` did
  AccessKind other_access{};  // DataRace: what `other` had done
  std::uintptr_t address{};   // of the access, or of the object misused
  std::uint32_t size{};       // bytes of the access
  std::uint64_t step{};       // of the last thing
  std::uintptr_t pc{};        // of the last thing
  std::uintptr_t clash{};     // DataRace, UseAfterFree: the first byte that both touched
};

// One arrow of a wait-for cycle: `thread` waits for `object`, which `holder`
// holds, or for `holder` to end.
struct WaitEdge {
  scheduler::ThreadId thread{};
  scheduler::ThreadId holder{};
  scheduler::EventKind waiting_for{};
  std::uintptr_t object{};
  std::size_t taken_at = kNotInTrace;  // index in Trace::events where the holder took the object

  static constexpr std::size_t kNotInTrace = static_cast<std::size_t>(-1);
};

// Why nothing could go on.
struct Stuck {
  ProblemKind kind{};           // Deadlock, LostWakeup, or MutexMisuse (double lock)
  std::vector<WaitEdge> cycle;  // empty if the threads do not wait in a circle
  // LostWakeup: who sleeps for ever, and the notify that came too early.
  scheduler::ThreadId sleeper{scheduler::kNoThread};
  std::size_t early_notify = WaitEdge::kNotInTrace;  // index in Trace::events
};

}  // namespace raddle::detectors
