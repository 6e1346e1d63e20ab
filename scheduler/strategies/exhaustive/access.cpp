#include "scheduler/strategies/exhaustive/access.hpp"

namespace raddle::scheduler {
namespace {

using Kind = Access::Kind;

class Adder {
 public:
  Adder(const Event& event, bool is_timed, std::vector<Access>& out)
      : event_(event), is_timed_(is_timed), out_(out) {}

  void memory(Kind kind, std::uint32_t size) {
    for (std::uintptr_t at = event_.address, end = at + size; at < end;) {
      const std::uintptr_t cell = at & ~std::uintptr_t{7};
      const std::uintptr_t last = std::min(end, cell + 8);
      const auto mask = static_cast<std::uint8_t>(((1u << (last - at)) - 1) << (at - cell));
      out_.push_back({cell, ObjectClass::Memory, kind, mask, false, 0});
      at = last;
    }
  }
  void take(ObjectClass object, Kind kind, std::int32_t load) {
    out_.push_back({event_.address, object, kind, 0xff, !is_timed_, load});
  }
  void use(ObjectClass object, Kind kind, std::int32_t load = 0) {
    out_.push_back({event_.address, object, kind, 0xff, false, load});
  }
  // The mutex of a condition. Nobody gets round it: without it a wait cannot even give up.
  void mutex(std::int32_t load) {
    out_.push_back({event_.extra, ObjectClass::Lock, Kind::Write, 0xff, load > 0, load});
  }

 private:
  const Event& event_;
  bool is_timed_;
  std::vector<Access>& out_;
};

}  // namespace

void add_accesses(const Event& event, bool is_timed, std::vector<Access>& out) {
  Adder add(event, is_timed, out);
  const std::uint32_t size = std::max<std::uint32_t>(event.size, 1);
  switch (event.kind) {
    case EventKind::Read:
    case EventKind::AtomicLoad:
    case EventKind::AtomicCompareFailed: return add.memory(Kind::Read, size);
    case EventKind::Write:
    case EventKind::AtomicWeakFailed:  // as if it had succeeded: see docs/exhaustive.md
    case EventKind::AtomicStore:
    case EventKind::AtomicRmw: return add.memory(Kind::Write, size);

    case EventKind::MutexLock: return add.take(ObjectClass::Lock, Kind::Write, 1);
    case EventKind::MutexTryLock: return add.use(ObjectClass::Lock, Kind::Write, 1);
    case EventKind::MutexUnlock: return add.use(ObjectClass::Lock, Kind::Write, -1);
    case EventKind::ReadLock: return add.take(ObjectClass::Lock, Kind::Shared, 1);
    case EventKind::ReadTryLock: return add.use(ObjectClass::Lock, Kind::Shared, 1);
    case EventKind::ReadUnlock: return add.use(ObjectClass::Lock, Kind::Shared, -1);
    case EventKind::WriteLock: return add.take(ObjectClass::Lock, Kind::Write, kExclusive);
    case EventKind::WriteTryLock: return add.use(ObjectClass::Lock, Kind::Write, kExclusive);
    case EventKind::WriteUnlock: return add.use(ObjectClass::Lock, Kind::Write, -kExclusive);
    case EventKind::MutexTryLockFailed:
    case EventKind::MutexTimeout:
    case EventKind::ReadTryLockFailed:
    case EventKind::ReadTimeout:
    case EventKind::WriteTryLockFailed:
    case EventKind::WriteTimeout: return add.use(ObjectClass::Lock, Kind::Read);
    // Another object from here on.
    case EventKind::MutexInit:
    case EventKind::MutexDestroy:
    case EventKind::RwInit:
    case EventKind::RwDestroy: return add.use(ObjectClass::Lock, Kind::Write);

    case EventKind::CondSpurious:
    case EventKind::CondWait: add.use(ObjectClass::Queue, Kind::Shared); return add.mutex(-1);
    case EventKind::CondWake:
      // Notified, it has left the queue already.
      return add.mutex(1);
    case EventKind::CondTimeout: add.use(ObjectClass::Queue, Kind::Shared); return add.mutex(1);
    case EventKind::CondNotifyOne:
    case EventKind::CondNotifyAll:
    case EventKind::FutexWake:
      return add.use(ObjectClass::Queue, event.value > 0 ? Kind::Write : Kind::Read);
    case EventKind::CondInit:
    case EventKind::CondDestroy: return add.use(ObjectClass::Queue, Kind::Write);

    case EventKind::SemWait: return add.take(ObjectClass::Semaphore, Kind::Write, 1);
    case EventKind::SemPost: return add.use(ObjectClass::Semaphore, Kind::Shared, -1);
    case EventKind::SemTryFailed:
    case EventKind::SemTimeout: return add.use(ObjectClass::Semaphore, Kind::Read);
    case EventKind::SemInit:
    case EventKind::SemDestroy: return add.use(ObjectClass::Semaphore, Kind::Write);

    case EventKind::BarrierArrive:
    case EventKind::BarrierInit:
    case EventKind::BarrierDestroy: return add.use(ObjectClass::Barrier, Kind::Write);

    case EventKind::OnceBegin: return add.take(ObjectClass::Once, Kind::Write, 1);
    case EventKind::OnceEnd:
    case EventKind::OnceAbort: return add.use(ObjectClass::Once, Kind::Write, -1);
    case EventKind::OncePass: return add.take(ObjectClass::Once, Kind::Read, 0);

    case EventKind::FutexSpurious:
    case EventKind::FutexWait:
      add.memory(Kind::Read, 4);
      return add.use(ObjectClass::Queue, Kind::Shared);
    case EventKind::FutexMismatch: return add.memory(Kind::Read, 4);
    case EventKind::FutexTimeout: return add.use(ObjectClass::Queue, Kind::Shared);

    // Who creates first gets the lower number.
    case EventKind::ThreadCreate:
      out.push_back({0, ObjectClass::Threads, Kind::Write, 0xff, false, 0});
      return;
    default: return;
  }
}

void merge(std::span<const Access> from, std::vector<Access>& to) {
  for (const Access& access : from) {
    const bool is_there = std::any_of(to.begin(), to.end(), [&](const Access& other) {
      return other.is_of_same_object(access) && other.kind == access.kind &&
             other.bytes == access.bytes;
    });
    if (!is_there) to.push_back(access);
  }
}

bool leaves_all_as_it_was(const Event& event) {
  switch (event.kind) {
    case EventKind::AtomicLoad:
    case EventKind::AtomicCompareFailed:
    case EventKind::MutexTryLockFailed:
    case EventKind::Fence:
    case EventKind::Yield:
    case EventKind::Sleep: return true;
    case EventKind::AtomicRmw: return event.value == event.extra && event.size <= 8;
    default: return false;
  }
}

void widen(std::vector<Access>& accesses) {
  for (Access& access : accesses) {
    if (access.kind == Kind::Read) access.kind = Kind::Write;
  }
}

void add_awaited(const Operation& operation, std::vector<Access>& out) {
  Event event;
  event.kind = operation.kind;
  event.address = operation.address;
  switch (operation.kind) {
    case EventKind::MutexLock:
    case EventKind::ReadLock:
    case EventKind::WriteLock:
    case EventKind::SemWait:
    case EventKind::OnceBegin: return add_accesses(event, operation.is_timed(), out);
    default: return;
  }
}

}  // namespace raddle::scheduler
