// Which operations others can notice. Looked up for every event, hence the table.
#pragma once

#include "scheduler/events/event.hpp"

#include <array>

namespace raddle::scheduler {

constexpr bool changes_something(EventKind kind) {
  switch (kind) {
    case EventKind::AtomicLoad:
    case EventKind::AtomicCompareFailed:
    case EventKind::AtomicWeakFailed:
    case EventKind::Fence:
    case EventKind::Read:
    case EventKind::Write:  // plain accesses never count: see look_closer
    case EventKind::MutexTryLockFailed:
    case EventKind::MutexTimeout:
    case EventKind::ReadTryLockFailed:
    case EventKind::WriteTryLockFailed:
    case EventKind::ReadTimeout:
    case EventKind::WriteTimeout:
    case EventKind::SemTryFailed:
    case EventKind::SemTimeout:
    case EventKind::FutexMismatch:
    case EventKind::FutexTimeout:
    case EventKind::FutexSpurious:
    case EventKind::OncePass:
    case EventKind::Yield:
    case EventKind::Sleep:
    case EventKind::Choose:
    case EventKind::Allocate:
    case EventKind::Free: return false;
    default: return true;
  }
}

inline constexpr std::array<bool, kEventKinds> kIsWrite = [] {
  std::array<bool, kEventKinds> table{};
  for (std::size_t i = 0; i < kEventKinds; ++i)
    table[i] = changes_something(static_cast<EventKind>(i));
  return table;
}();

// Can the operation change what another thread reads or may do?
inline bool is_write(EventKind kind) { return kIsWrite[static_cast<std::size_t>(kind)]; }

}  // namespace raddle::scheduler
