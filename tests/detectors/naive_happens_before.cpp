#include "tests/detectors/naive_happens_before.hpp"

#include <algorithm>

namespace raddle::detectors {

using scheduler::Event;
using scheduler::EventKind;
using enum scheduler::EventKind;

namespace {

bool is_one_of(EventKind kind, std::initializer_list<EventKind> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool is_atomic_load(EventKind kind) {
  return is_one_of(kind, {AtomicLoad, AtomicRmw, AtomicCompareFailed, AtomicWeakFailed});
}

}  // namespace

NaiveHappensBefore::Use NaiveHappensBefore::use(const Event& event) {
  switch (event.kind) {
    case Read: return Use::Read;
    case Write: return Use::Write;
    case AtomicStore:
    case AtomicRmw: return Use::AtomicWrite;
    case EventKind::Free: return Use::Free;
    case ThreadCreate:
    case ThreadStart:
    case ThreadEnd:
    case ThreadJoin:
    case ThreadDetach:
    case Fence:
    case BarrierLeave:
    case FutexWoken:
    case FutexTimeout:
    case FutexWake:
    case Yield:
    case Sleep:
    case Choose:
    case Allocate:
    case Acquire:
    case Release: return Use::None;
    default: return Use::AtomicRead;
  }
}

NaiveHappensBefore::Range NaiveHappensBefore::range(const Event& event) {
  switch (event.kind) {
    case Read:
    case Write:
    case AtomicLoad:
    case AtomicStore:
    case AtomicRmw:
    case AtomicCompareFailed:
    case AtomicWeakFailed: return {event.address, event.address + event.size};
    case Allocate: return {event.address, event.address + event.extra};
    case EventKind::Free:
      // Nobody knows any more how large a block was that is freed for the second time.
      return {event.address, event.address + std::max<std::uint64_t>(event.extra, 1)};
    case FutexWait:
    case FutexSpurious:
    case FutexMismatch: return {event.address, event.address + 4};
    case CondWake:
    case CondTimeout: return {event.extra, event.extra + 1};
    default: return {event.address, event.address + 1};
  }
}

bool NaiveHappensBefore::conflict(Use earlier, Use later) {
  const auto writes = [](Use use) {
    return use == Use::Write || use == Use::AtomicWrite || use == Use::Free;
  };
  const auto atomic = [](Use use) { return use == Use::AtomicRead || use == Use::AtomicWrite; };
  return (writes(earlier) || writes(later)) && !(atomic(earlier) && atomic(later));
}

bool NaiveHappensBefore::allocated_since(std::size_t i, std::uintptr_t byte) const {
  for (std::size_t k = i + 1; k < events_.size(); ++k) {
    const Range r = range(events_[k]);
    if (events_[k].kind == Allocate && r.begin <= byte && byte < r.end) return true;
  }
  return false;
}

bool NaiveHappensBefore::replaced_since(std::size_t i, std::uintptr_t address,
                                        std::size_t end) const {
  for (std::size_t k = i + 1; k < end; ++k) {
    const Event& event = events_[k];
    const Range r = range(event);
    if (is_one_of(event.kind, {Write, Allocate, EventKind::Free}) && r.begin <= address &&
        address < r.end) {
      return true;
    }
    if (is_one_of(event.kind, {MutexInit, MutexDestroy, RwInit, RwDestroy, SemInit, SemDestroy}) &&
        event.address == address) {
      return true;
    }
  }
  return false;
}

std::vector<std::size_t> NaiveHappensBefore::release_heads(std::uintptr_t address,
                                                           std::size_t end) const {
  std::vector<std::size_t> heads;
  for (std::size_t i = end; i-- > 0;) {
    const Event& store = events_[i];
    if (store.address != address || !is_one_of(store.kind, {AtomicStore, AtomicRmw})) continue;
    if (replaced_since(i, address, end)) break;
    if (releases(store.order)) heads.push_back(i);
    for (std::size_t k = 0; k < i; ++k) {
      if (events_[k].kind == Fence && events_[k].thread == store.thread &&
          releases(events_[k].order)) {
        heads.push_back(k);
      }
    }
    if (store.kind == AtomicStore) break;  // the release sequence starts here
  }
  return heads;
}

void NaiveHappensBefore::edge(Set& set, std::size_t from) const {
  set |= before_[from];
  set.set(from);
}

NaiveHappensBefore::Set NaiveHappensBefore::before(const Event& event) const {
  Set set;
  const std::size_t n = events_.size();
  const auto from_all = [&](std::uintptr_t object, std::initializer_list<EventKind> kinds) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::uintptr_t released = is_one_of(events_[i].kind, {CondWait, CondSpurious})
                                          ? events_[i].extra
                                          : events_[i].address;
      if (released == object && is_one_of(events_[i].kind, kinds) &&
          !replaced_since(i, object, n)) {
        edge(set, i);
      }
    }
  };
  for (std::size_t i = 0; i < n; ++i) {
    const Event& e = events_[i];
    if (e.thread == event.thread) edge(set, i);
    if (event.kind == ThreadStart && e.kind == ThreadCreate && e.value == index(event.thread)) {
      edge(set, i);
    }
    if (event.kind == ThreadJoin && index(e.thread) == event.value) edge(set, i);
    if (event.kind == Acquire && e.kind == Release && e.address == event.address &&
        !allocated_since(i, event.address)) {
      bool freed = false;
      for (std::size_t k = i + 1; k < n; ++k) {
        const Range r = range(events_[k]);
        freed |=
            events_[k].kind == EventKind::Free && r.begin <= event.address && event.address < r.end;
      }
      if (!freed) edge(set, i);
    }
  }
  if (is_atomic_load(event.kind) && acquires(event.order)) {
    for (const std::size_t head : release_heads(event.address, n)) edge(set, head);
  }
  if (event.kind == Fence && acquires(event.order)) {
    for (std::size_t i = 0; i < n; ++i) {
      if (events_[i].thread != event.thread || !is_atomic_load(events_[i].kind)) continue;
      for (const std::size_t head : release_heads(events_[i].address, i)) edge(set, head);
    }
  }
  switch (event.kind) {
    case MutexLock:
    case MutexTryLock: from_all(event.address, {MutexUnlock, CondWait, CondSpurious}); break;
    case CondWake:
    case CondTimeout: from_all(event.extra, {MutexUnlock, CondWait, CondSpurious}); break;
    case ReadLock:
    case ReadTryLock: from_all(event.address, {WriteUnlock}); break;
    case WriteLock:
    case WriteTryLock: from_all(event.address, {WriteUnlock, ReadUnlock}); break;
    case SemWait: from_all(event.address, {SemPost}); break;
    case OnceBegin:
    case OncePass: from_all(event.address, {OnceEnd, OnceAbort}); break;
    case BarrierLeave: {
      // The phases of a barrier are cut where `value` is 0.
      std::size_t first = 0, mine = 0, last = n;
      for (std::size_t i = 0; i < n; ++i) {
        if (events_[i].kind == BarrierArrive && events_[i].address == event.address &&
            events_[i].thread == event.thread) {
          mine = i;
        }
      }
      for (std::size_t i = 0; i < n; ++i) {
        if (events_[i].kind != BarrierArrive || events_[i].address != event.address) continue;
        if (events_[i].value != 0) continue;
        if (i < mine) first = i + 1;
        if (i >= mine) last = std::min(last, i + 1);
      }
      for (std::size_t i = first; i < last; ++i) {
        if (events_[i].kind == BarrierArrive && events_[i].address == event.address) edge(set, i);
      }
      break;
    }
    default: break;
  }
  return set;
}

std::optional<ProblemKind> NaiveHappensBefore::judge(const Event& event) const {
  const Use later = use(event);
  if (later == Use::None) return std::nullopt;
  const Set order = before(event);
  std::optional<ProblemKind> found;
  const auto visit_range = [&](Range r) {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const Event& e = events_[i];
      const Use earlier = use(e);
      if (earlier == Use::None) continue;
      const Range o = range(e);
      for (std::uintptr_t byte = std::max(r.begin, o.begin); byte < std::min(r.end, o.end);
           ++byte) {
        if (allocated_since(i, byte)) continue;
        if (earlier == Use::Free) {
          if (later != Use::Free) {
            found = ProblemKind::UseAfterFree;
          } else if (byte == r.begin) {
            found = ProblemKind::DoubleFree;
          }
        } else if (races_ && !found && conflict(earlier, later) && !order[i] &&
                   !(later == Use::Free && event.size == 1)) {
          found = ProblemKind::DataRace;
        }
      }
    }
  };
  visit_range(range(event));
  if (event.kind == CondWait) visit_range({event.extra, event.extra + 1});
  return found;
}

void NaiveHappensBefore::add(const Event& event) {
  before_.push_back(before(event));
  events_.push_back(event);
}

}  // namespace raddle::detectors
