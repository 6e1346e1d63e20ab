#include "detectors/happens_before.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace raddle::detectors {

using scheduler::Event;
using scheduler::EventKind;

namespace {

constexpr std::uint64_t kSmallBlock = 256;  // bytes

}  // namespace

HappensBefore::HappensBefore() : shadow_(clocks_) { phases_.reserve(scheduler::kThreadsMax); }

void HappensBefore::begin_execution() {
  clocks_.begin_execution();
  shadow_.begin_execution();
  phases_[0] = 0;
  found_ = false;
}

bool HappensBefore::on_read(ThreadId thread, std::uintptr_t address, std::uint32_t size,
                            std::uintptr_t pc, std::uint64_t step) {
  const Access access{index(thread), AccessKind::Read, address, size, pc, step};
  if (!races_) return check_freed(access);
  bool fine = true;
  shadow_.visit(address, size, [&](Segment& segment, std::uintptr_t cell) {
    if (judge(access, segment, cell, fine)) record_read(access.thread, segment);
  });
  return fine;
}

bool HappensBefore::on_write(ThreadId thread, std::uintptr_t address, std::uint32_t size,
                             std::uintptr_t pc, std::uint64_t step) {
  const Access access{index(thread), AccessKind::Write, address, size, pc, step};
  if (!races_) return check_freed(access);
  bool fine = true;
  shadow_.visit(address, size, [&](Segment& segment, std::uintptr_t cell) {
    if (judge(access, segment, cell, fine)) record_write(access.thread, segment);
  });
  return fine;
}

Epoch HappensBefore::conflict(const Access& access, const Segment& segment, AccessKind& other) {
  const std::size_t thread = access.thread;
  if (!clocks_.knows(thread, segment.write)) {
    other = AccessKind::Write;
    return segment.write;
  }
  const History* history = shadow_.history_if_any(segment);
  const bool plain =
      access.kind != AccessKind::AtomicRead && access.kind != AccessKind::AtomicWrite;
  if (plain && history != nullptr) {
    other = AccessKind::AtomicWrite;
    const Epoch epoch = clocks_.first_unknown(thread, history->atomic_writers);
    if (epoch != 0) return epoch;
  }
  if (access.kind == AccessKind::Read || access.kind == AccessKind::AtomicRead) return 0;

  other = AccessKind::Read;
  if (segment.read == kSharedReads) {
    const Epoch epoch = clocks_.first_unknown(thread, history->readers);
    if (epoch != 0) return epoch;
  } else if (!clocks_.knows(thread, segment.read)) {
    return segment.read;
  }
  if (!plain || history == nullptr) return 0;
  other = AccessKind::AtomicRead;
  return clocks_.first_unknown(thread, history->atomic_readers);
}

inline bool HappensBefore::judge(const Access& access, Segment& segment, std::uintptr_t cell,
                                 bool& fine) {
  ProblemKind kind = ProblemKind::DataRace;
  AccessKind other{};
  Epoch epoch = 0;
  if ((segment.write & kMarks) == 0) {
    epoch = conflict(access, segment, other);
    if (epoch == 0) return true;
    // One of several problems: as if it had not happened.
    if (found_ && fine) return true;
  } else {
    if ((segment.write & kMuted) != 0 || (found_ && fine)) return false;
    kind = ProblemKind::UseAfterFree;
    other = AccessKind::Free;
    epoch = segment.write;
  }
  if (fine) {
    const auto first = static_cast<std::uintptr_t>(std::countr_zero(segment.key & 0xff));
    report(kind, access, epoch, other, cell + first);
  }
  fine = false;
  segment.write = kMuted;
  segment.read = 0;
  return false;
}

bool HappensBefore::check_freed(const Access& access) {
  if (found_) return true;
  Segment* freed = shadow_.find(access.address, access.size,
                                [](const Segment& s) { return (s.write & kMarks) == kFreed; });
  if (freed == nullptr) return true;
  report(ProblemKind::UseAfterFree, access, freed->write, AccessKind::Free, access.address);
  freed->write = kMuted;
  return false;
}

void HappensBefore::mute(std::uintptr_t address, std::uint64_t size) {
  shadow_.visit(address, size, [](Segment& segment, std::uintptr_t) {
    segment.write = kMuted;
    segment.read = 0;
  });
}

void HappensBefore::report(ProblemKind kind, const Access& access, Epoch other,
                           AccessKind other_access, std::uintptr_t clash) {
  found_ = true;
  problem_ = {};
  problem_.kind = kind;
  problem_.thread = scheduler::thread_id(access.thread);
  problem_.other = scheduler::thread_id(thread_of(other));
  problem_.access = access.kind;
  problem_.other_access = other_access;
  problem_.address = access.address;
  problem_.size = access.size;
  problem_.step = access.step;
  problem_.pc = access.pc;
  problem_.clash = clash;
}

inline void HappensBefore::record_read(std::size_t thread, Segment& segment) {
  const Epoch epoch = clocks_.epoch(thread);
  if (segment.read == kSharedReads) {
    clocks_.put(shadow_.history(segment).readers, thread, epoch);
  } else if (clocks_.knows(thread, segment.read)) {
    // Whoever comes after this read comes after the one before it.
    segment.read = epoch;
  } else {
    History& history = shadow_.history(segment);
    clocks_.put(history.readers, thread_of(segment.read), segment.read);
    clocks_.put(history.readers, thread, epoch);
    segment.read = kSharedReads;
  }
}

inline void HappensBefore::record_write(std::size_t thread, Segment& segment) {
  // Everything before is ordered before this write, so that this one stands
  // for all of it. A release sequence ends here.
  segment.write = clocks_.epoch(thread);
  segment.read = 0;
  if (History* history = shadow_.history_if_any(segment)) {
    clocks_.drop(history->readers);
    clocks_.drop(history->atomic_readers);
    clocks_.drop(history->atomic_writers);
    clocks_.drop(history->sync);
    clocks_.drop(history->read_sync);
  }
}

inline void HappensBefore::record_atomic(const Access& access, Segment& segment) {
  History& history = shadow_.history(segment);
  clocks_.put(
      access.kind == AccessKind::AtomicWrite ? history.atomic_writers : history.atomic_readers,
      access.thread, clocks_.epoch(access.thread));
}

inline void HappensBefore::access_atomic(const Access& access) {
  bool fine = true;
  shadow_.visit(access.address, access.size, [&](Segment& segment, std::uintptr_t cell) {
    if (judge(access, segment, cell, fine)) record_atomic(access, segment);
  });
}

Segment& HappensBefore::first_segment(std::uintptr_t address, std::uint32_t size) {
  Segment* first = nullptr;
  shadow_.visit(address, size, [&](Segment& segment, std::uintptr_t cell) {
    const std::uint64_t bit = std::uint64_t{1} << (address & 7);
    if (cell + 8 > address && (segment.key & bit) != 0 && first == nullptr) first = &segment;
  });
  return *first;
}

void HappensBefore::on_atomic(const Event& event) {
  const bool loads = event.kind != EventKind::AtomicStore;
  const bool stores = event.kind == EventKind::AtomicStore || event.kind == EventKind::AtomicRmw;
  const std::size_t thread = index(event.thread);
  const auto access = [&] {
    return Access{thread,        stores ? AccessKind::AtomicWrite : AccessKind::AtomicRead,
                  event.address, std::max<std::uint32_t>(event.size, 1),
                  event.pc,      event.step};
  };
  if (!races_) {
    check_freed(access());
    return;
  }
  Segment* const whole = shadow_.segment_of(event.address, std::max<std::uint32_t>(event.size, 1));
  // A synchronisation object is where its first byte is.
  Segment& first = whole != nullptr ? *whole : first_segment(event.address, access().size);
  // The order that a load gives holds for the load itself.
  History& object = shadow_.history(first);
  if (loads) {
    if (acquires(event.order)) {
      clocks_.acquire(thread, object.sync);
    } else {
      clocks_.learn_at_fence(thread, object.sync);
    }
  }
  if (whole != nullptr && (first.write & kMarks) == 0 && clocks_.knows(thread, first.write) &&
      (!stores || (first.read != kSharedReads && clocks_.knows(thread, first.read)))) {
    clocks_.put(stores ? object.atomic_writers : object.atomic_readers, thread,
                clocks_.epoch(thread));
  } else {
    access_atomic(access());
  }
  if (!stores) return;
  const bool releasing = releases(event.order);
  if (event.kind == EventKind::AtomicRmw) {
    // Goes on with the release sequences that it read from.
    if (releasing) {
      clocks_.release_join(thread, object.sync);
    } else {
      clocks_.merge(clocks_.released_by_fence(thread), object.sync);
    }
  } else if (releasing) {
    clocks_.release(thread, object.sync);
  } else {
    clocks_.assign(clocks_.released_by_fence(thread), object.sync);
  }
}

void HappensBefore::on_fence(const Event& event) {
  const std::size_t thread = index(event.thread);
  if (acquires(event.order)) clocks_.acquire_fence(thread);
  if (releases(event.order)) clocks_.release_fence(thread);
}

inline void HappensBefore::touch(const Event& event, std::uintptr_t object, Segment& segment,
                                 History& history) {
  const std::size_t thread = index(event.thread);
  if ((segment.write & kMarks) != 0 || !clocks_.knows(thread, segment.write)) [[unlikely]] {
    const Access access{thread, AccessKind::AtomicRead, object, 1, event.pc, event.step};
    bool fine = true;
    if (!judge(access, segment, object & ~std::uintptr_t{7}, fine)) return;
  }
  clocks_.put(history.atomic_readers, thread, clocks_.epoch(thread));
}

void HappensBefore::touch(const Event& event, std::uintptr_t object) {
  Segment& segment = shadow_.byte_at(object);
  touch(event, object, segment, shadow_.history(segment));
}

template <ClockId History::*... kClocks>
inline void HappensBefore::on_acquire(const Event& event, std::uintptr_t object) {
  Segment& segment = shadow_.byte_at(object);
  History& history = shadow_.history(segment);
  (clocks_.acquire(index(event.thread), history.*kClocks), ...);
  touch(event, object, segment, history);
}

template <ClockId History::*kClock>
inline void HappensBefore::on_release(const Event& event, std::uintptr_t object) {
  Segment& segment = shadow_.byte_at(object);
  History& history = shadow_.history(segment);
  touch(event, object, segment, history);
  clocks_.release_join(index(event.thread), history.*kClock);
}

void HappensBefore::on_barrier_arrive(const Event& event) {
  const std::size_t thread = index(event.thread);
  Segment& segment = shadow_.byte_at(event.address);
  touch(event, event.address, segment, shadow_.history(segment));
  // A thread may leave long after others have arrived for the next phase: each
  // phase has a clock of its own, and a thread keeps hold of the one it arrived in.
  History& barrier = shadow_.history(segment);
  if (barrier.phase == 0) barrier.phase = shadow_.make_record();
  History& phase = shadow_.record(barrier.phase);
  ++phase.phase_threads;
  clocks_.release_join(thread, phase.sync);
  phases_[thread] = barrier.phase;
  if (event.value == 0) {
    phase.is_complete = true;
    barrier.phase = 0;
  }
}

void HappensBefore::on_barrier_leave(std::size_t thread) {
  const std::uint32_t number = phases_[thread];
  if (number == 0) return;
  phases_[thread] = 0;
  History& phase = shadow_.record(number);
  clocks_.acquire(thread, phase.sync);
  if (--phase.phase_threads == 0 && phase.is_complete) shadow_.release_record(number);
}

// Most blocks are a few cells that one thread has used, or several in turn.
// False: they are not, and it is all still to be done.
bool HappensBefore::free_small(std::size_t thread, std::uintptr_t address, std::uint64_t size,
                               bool checked) {
  const std::size_t cells = (size + 7) / 8;
  Segment* const first = shadow_.cells_from(address, cells);
  if (first == nullptr) return false;
  Segment& last = first[cells - 1];
  const std::uint64_t last_mask = 0xff >> (8 * cells - size);
  const Epoch* const known = clocks_.known_by(thread);
  // Without branches: there are many blocks and few that are not simple.
  std::uint64_t against = shadow_.is_current(last) ? last.key & 0xff & ~last_mask : 0;
  for (const Segment* cell = first; cell <= &last; ++cell) {
    if (!shadow_.is_current(*cell)) continue;
    against |= (cell->next | cell->history) | (cell->write & kMarks) | (cell->read & kSharedReads);
    const bool is_known =
        known[thread_of(cell->write)] >= cell->write && known[thread_of(cell->read)] >= cell->read;
    against |= checked && !is_known ? 1 : 0;
  }
  if (against != 0) return false;
  const Segment freed{shadow_.key(0xff), clocks_.epoch(thread) | kFreed, 0, 0, 0};
  for (Segment* cell = first; cell <= &last; ++cell) *cell = freed;
  last.key = shadow_.key(last_mask);
  return true;
}

void HappensBefore::on_free(const Event& event) {
  const std::size_t thread = index(event.thread);
  const std::uint64_t size = std::max<std::uint64_t>(event.extra, 1);
  const bool checked = races_ && event.size == 0;
  if (size <= kSmallBlock && event.address % 8 == 0 &&
      free_small(thread, event.address, size, checked)) {
    return;
  }
  const std::uint64_t reported =
      std::min<std::uint64_t>(size, std::numeric_limits<std::uint32_t>::max());
  const Access access{thread,        AccessKind::Free,
                      event.address, static_cast<std::uint32_t>(reported),
                      event.pc,      event.step};
  Segment* freed =
      shadow_.find(event.address, 1, [](const Segment& s) { return (s.write & kFreed) != 0; });
  if (freed != nullptr) {
    if (!found_) {
      report(ProblemKind::DoubleFree, access, freed->write, AccessKind::Free, event.address);
      freed->write = kMuted;
    }
    return;
  }
  bool fine = true;
  const auto check = [&](Segment& segment, std::uintptr_t cell) {
    // Where a part of the block was freed before, the block is the program's
    // own way of handing out memory.
    if (checked && (segment.write & kMarks) == 0) judge(access, segment, cell, fine);
  };
  shadow_.overwrite(event.address, size, clocks_.epoch(thread) | kFreed, check);
  if (!fine) shadow_.overwrite(event.address, size, kMuted, [](Segment&, std::uintptr_t) {});
}

void HappensBefore::on_start(const Event& event) {
  clocks_.create(event.value, index(event.thread));
  phases_[index(event.thread)] = 0;
}

void HappensBefore::create_unordered(scheduler::ThreadId thread) {
  clocks_.create(index(thread));
  phases_[index(thread)] = 0;
}

void HappensBefore::on_other(const Event& event) {
  const std::size_t thread = index(event.thread);
  switch (event.kind) {
    case EventKind::Read:
      on_read(event.thread, event.address, event.size, event.pc, event.step);
      return;
    case EventKind::Write:
      on_write(event.thread, event.address, event.size, event.pc, event.step);
      return;
    case EventKind::ThreadCreate:
      clocks_.create(thread, event.value);
      phases_[event.value] = 0;
      return;
    case EventKind::ThreadJoin: clocks_.join(thread, event.value); return;
    case EventKind::AtomicWeakFailed: on_atomic(event); return;
    case EventKind::Fence: on_fence(event); return;
    case EventKind::Allocate: shadow_.forget(event.address, event.extra); return;
    case EventKind::Free: on_free(event); return;
    default: on_object(event);
  }
}

void HappensBefore::on_object(const Event& event) {
  const std::uintptr_t object = event.address;
  if (!races_) {
    switch (event.kind) {
      case EventKind::ThreadEnd:
      case EventKind::ThreadDetach:
      case EventKind::BarrierLeave:
      case EventKind::FutexWoken:
      case EventKind::FutexTimeout:
      case EventKind::FutexWake:
      case EventKind::Resume:
      case EventKind::Yield:
      case EventKind::Sleep:
      case EventKind::Choose:
      case EventKind::Acquire:
      case EventKind::Release: return;
      case EventKind::CondWake:
      case EventKind::CondTimeout:
        // The condition itself may be gone once everybody has been notified.
        check_freed(
            {index(event.thread), AccessKind::AtomicRead, event.extra, 1, event.pc, event.step});
        return;
      default:
        check_freed({index(event.thread), AccessKind::AtomicRead, object, 1, event.pc, event.step});
        return;
    }
  }
  switch (event.kind) {
    case EventKind::MutexLock:
    case EventKind::MutexTryLock:
    case EventKind::ReadLock:
    case EventKind::ReadTryLock:
    case EventKind::SemWait:
    case EventKind::OncePass:
    case EventKind::OnceBegin: return on_acquire<&History::sync>(event, object);
    case EventKind::WriteLock:
    case EventKind::WriteTryLock:
      return on_acquire<&History::sync, &History::read_sync>(event, object);
    case EventKind::MutexUnlock:
    case EventKind::WriteUnlock:
    case EventKind::SemPost:
    case EventKind::OnceEnd:
    case EventKind::OnceAbort: return on_release<&History::sync>(event, object);
    case EventKind::ReadUnlock: return on_release<&History::read_sync>(event, object);
    case EventKind::CondWait:
    case EventKind::CondSpurious:
      touch(event, object);
      return on_release<&History::sync>(event, event.extra);
    case EventKind::CondWake:
    case EventKind::CondTimeout:
      // The condition itself may be gone once everybody has been notified.
      return on_acquire<&History::sync>(event, event.extra);
    case EventKind::BarrierArrive: return on_barrier_arrive(event);
    case EventKind::BarrierLeave:
      // The barrier itself may be gone: another thread may destroy it as soon as it has left.
      return on_barrier_leave(index(event.thread));
    case EventKind::MutexInit:
    case EventKind::MutexDestroy:
    case EventKind::RwInit:
    case EventKind::RwDestroy:
    case EventKind::SemInit:
    case EventKind::SemDestroy: {
      // Another object from here on.
      Segment& segment = shadow_.byte_at(object);
      History& history = shadow_.history(segment);
      touch(event, object, segment, history);
      clocks_.drop(history.sync);
      clocks_.drop(history.read_sync);
      return;
    }
    case EventKind::CondInit:
    case EventKind::CondDestroy:
    case EventKind::CondNotifyOne:
    case EventKind::CondNotifyAll:
    case EventKind::BarrierInit:
    case EventKind::BarrierDestroy:
    case EventKind::MutexTryLockFailed:
    case EventKind::MutexTimeout:
    case EventKind::ReadTryLockFailed:
    case EventKind::ReadTimeout:
    case EventKind::WriteTryLockFailed:
    case EventKind::WriteTimeout:
    case EventKind::SemTryFailed:
    case EventKind::SemTimeout: return touch(event, object);
    case EventKind::Acquire:
      clocks_.acquire(index(event.thread), shadow_.history(shadow_.byte_at(object)).declared);
      return;
    case EventKind::Release:
      clocks_.release_join(index(event.thread), shadow_.history(shadow_.byte_at(object)).declared);
      return;
    case EventKind::FutexWait:
    case EventKind::FutexMismatch:
    case EventKind::FutexSpurious:
      access_atomic({index(event.thread), AccessKind::AtomicRead, object, 4, event.pc, event.step});
      return;
    default: return;
  }
}

}  // namespace raddle::detectors
