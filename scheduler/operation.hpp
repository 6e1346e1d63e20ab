#pragma once

#include "scheduler/events/event.hpp"

#include <cstdint>
#include <limits>

namespace raddle::scheduler {

struct Object;

inline constexpr std::uint64_t kNoDeadline = std::numeric_limits<std::uint64_t>::max();

// What a thread has announced: it takes effect when the thread is chosen.
// `kind` is the event of its success; a try or a timed operation may turn out
// as the failing kind of the same family.
struct Operation {
  EventKind kind{};
  MemoryOrder order{};
  ThreadId target{kNoThread};           // ThreadJoin: whom
  std::uintptr_t address{};             // of the object or the memory
  Object* object{};                     // its model; null for memory, start, join, yield
  Object* mutex{};                      // CondWake: to be taken again
  std::uint64_t deadline{kNoDeadline};  // virtual nanoseconds; a timed operation may give up
  std::uintptr_t pc{};
  bool is_conditional{};  // AtomicRmw: a compare-exchange, which may turn out as a load

  bool is_timed() const { return deadline != kNoDeadline; }
};

// Is there a state of its object in which the operation is not enabled?
constexpr bool may_block(EventKind kind) {
  switch (kind) {
    case EventKind::MutexLock:
    case EventKind::ReadLock:
    case EventKind::WriteLock:
    case EventKind::CondWake:
    case EventKind::SemWait:
    case EventKind::BarrierLeave:
    case EventKind::OnceBegin:
    case EventKind::FutexWoken:
    case EventKind::ThreadJoin:
    case EventKind::Sleep: return true;
    default: return false;
  }
}

}  // namespace raddle::scheduler
