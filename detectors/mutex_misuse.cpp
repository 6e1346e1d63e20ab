#include "detectors/mutex_misuse.hpp"

#include <algorithm>

namespace raddle::detectors {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::kNoThread;
using scheduler::ThreadId;

void MutexMisuse::begin_execution() {
  ++execution_;
  ties_.begin_execution();
  ties_live_ = 0;
  last_ = 0;
  found_ = false;
}

MutexMisuse::Bucket& MutexMisuse::bucket(std::uintptr_t object) {
  const std::uint64_t mixed = (object >> 3) * 0x9e3779b97f4a7c15;
  Bucket& found = buckets_[mixed >> 56];
  if (found.execution != execution_) found = {execution_, 0};
  return found;
}

MutexMisuse::Tie* MutexMisuse::find_any(std::uintptr_t object, Mode mode) {
  for (std::uint32_t i = bucket(object).first; i != 0; i = ties_[i].next) {
    Tie& tie = ties_[i];
    if (tie.object == object && tie.mode == mode && tie.depth != 0) return &tie;
  }
  return nullptr;
}

void MutexMisuse::tie(std::uintptr_t object, Mode mode, ThreadId thread) {
  Bucket& at = bucket(object);
  Tie* over = nullptr;
  for (std::uint32_t i = at.first; i != 0; i = ties_[i].next) {
    Tie& tie = ties_[i];
    if (tie.object != object || tie.mode != mode) continue;
    if (tie.depth == 0) {
      over = &tie;
    } else if (tie.thread == thread) {
      ++tie.depth;
      return;
    }
  }
  ++ties_live_;
  if (over != nullptr) {
    over->thread = thread;
    over->depth = 1;
    return;
  }
  const std::uint32_t number = ties_.allocate();
  last_ = std::max(last_, number);
  ties_[number] = {object, thread, mode, 1, at.first};
  at.first = number;
}

bool MutexMisuse::untie(std::uintptr_t object, Mode mode, ThreadId thread) {
  for (std::uint32_t i = bucket(object).first; i != 0; i = ties_[i].next) {
    Tie& tie = ties_[i];
    if (tie.object != object || tie.thread != thread || tie.mode != mode || tie.depth == 0) {
      continue;
    }
    if (--tie.depth == 0) --ties_live_;
    return true;
  }
  return false;
}

void MutexMisuse::remove_all(std::uintptr_t object, Mode mode) {
  while (Tie* tie = find_any(object, mode)) {
    tie->depth = 0;
    --ties_live_;
  }
}

void MutexMisuse::report(Misuse misuse, const Event& event, std::uintptr_t object, ThreadId other) {
  if (found_) return;
  found_ = true;
  problem_ = {};
  problem_.kind = ProblemKind::MutexMisuse;
  problem_.misuse = misuse;
  problem_.thread = event.thread;
  problem_.other = other;
  problem_.address = object;
  problem_.step = event.step;
  problem_.pc = event.pc;
}

void MutexMisuse::unlock(const Event& event, std::uintptr_t object, Mode mode) {
  if (untie(object, mode, event.thread)) return;
  const Tie* holder = find_any(object, mode);
  if (event.kind == EventKind::CondWait) {
    report(Misuse::WaitMutexNotHeld, event, object, holder != nullptr ? holder->thread : kNoThread);
  } else if (holder != nullptr) {
    report(Misuse::UnlockByAnother, event, object, holder->thread);
  } else {
    report(Misuse::UnlockNotHeld, event, object, kNoThread);
  }
  // What follows is judged as if the unlock had worked.
  if (holder != nullptr) untie(object, mode, holder->thread);
}

void MutexMisuse::destroy(const Event& event, std::uintptr_t begin, std::uintptr_t end) {
  if (ties_live_ == 0) return;
  for (std::uint32_t i = 1; i <= last_; ++i) {
    const Tie& tie = ties_[i];
    if (tie.depth == 0 || tie.object < begin || tie.object >= end) continue;
    if (tie.mode == Mode::Waiter) {
      std::uint32_t waiters = 0;
      for (std::uint32_t k = bucket(tie.object).first; k != 0; k = ties_[k].next) {
        const Tie& other = ties_[k];
        if (other.object == tie.object && other.mode == Mode::Waiter && other.depth != 0) ++waiters;
      }
      const Tie* notified = find_any(tie.object, Mode::Notified);
      if (notified == nullptr || notified->depth < waiters) {
        report(Misuse::DestroyWaitedOn, event, tie.object, tie.thread);
      }
    } else if (tie.mode == Mode::Arrived) {
      report(Misuse::DestroyWaitedOn, event, tie.object, tie.thread);
    } else if (tie.mode != Mode::Notified) {
      report(Misuse::DestroyHeld, event, tie.object, tie.thread);
    }
  }
  forget(begin, end);
}

void MutexMisuse::forget(std::uintptr_t begin, std::uintptr_t end) {
  if (ties_live_ == 0) return;
  for (std::uint32_t i = 1; i <= last_; ++i) {
    Tie& tie = ties_[i];
    if (tie.depth == 0 || tie.object < begin || tie.object >= end) continue;
    tie.depth = 0;
    --ties_live_;
  }
}

void MutexMisuse::look_at(const Event& event) {
  const std::uintptr_t object = event.address;
  switch (event.kind) {
    case EventKind::MutexLock:
    case EventKind::MutexTryLock: return tie(object, Mode::Mutex, event.thread);
    case EventKind::MutexUnlock: return unlock(event, object, Mode::Mutex);
    case EventKind::ReadLock:
    case EventKind::ReadTryLock: return tie(object, Mode::Reader, event.thread);
    case EventKind::ReadUnlock: return unlock(event, object, Mode::Reader);
    case EventKind::WriteLock:
    case EventKind::WriteTryLock: return tie(object, Mode::Writer, event.thread);
    case EventKind::WriteUnlock: return unlock(event, object, Mode::Writer);
    case EventKind::CondWait:
      tie(object, Mode::Waiter, event.thread);
      return unlock(event, event.extra, Mode::Mutex);
    case EventKind::CondSpurious: return unlock(event, event.extra, Mode::Mutex);
    case EventKind::CondWake:
      untie(object, Mode::Notified, kNoThread);
      untie(object, Mode::Waiter, event.thread);
      return tie(event.extra, Mode::Mutex, event.thread);
    case EventKind::CondTimeout:
      untie(object, Mode::Waiter, event.thread);
      return tie(event.extra, Mode::Mutex, event.thread);
    case EventKind::CondNotifyOne:
    case EventKind::CondNotifyAll:
      for (std::uint64_t i = 0; i < event.value; ++i) tie(object, Mode::Notified, kNoThread);
      return;
    case EventKind::BarrierArrive:
      tie(object, Mode::Arrived, event.thread);
      if (event.value == 0) remove_all(object, Mode::Arrived);
      return;
    case EventKind::MutexInit:
    case EventKind::RwInit:
    case EventKind::CondInit:
    case EventKind::BarrierInit: return forget(object, object + 1);
    case EventKind::MutexDestroy:
    case EventKind::RwDestroy:
    case EventKind::CondDestroy:
    case EventKind::BarrierDestroy: return destroy(event, object, object + 1);
    case EventKind::Allocate: return forget(object, object + event.extra);
    case EventKind::Free: return destroy(event, object, object + event.extra);
    default: return;
  }
}

}  // namespace raddle::detectors
