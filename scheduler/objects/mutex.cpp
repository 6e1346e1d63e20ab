#include "scheduler/objects/mutex.hpp"

#include <cerrno>

namespace raddle::scheduler {
namespace {

Object& mutex_at(Engine& engine, std::uintptr_t address, MutexType type) {
  bool is_new = false;
  Object& mutex = engine.object(address, ObjectKind::Mutex, is_new);
  if (is_new) mutex.is_recursive = type == MutexType::Recursive;
  return mutex;
}

Object& rwlock_at(Engine& engine, std::uintptr_t address) {
  bool is_new = false;
  return engine.object(address, ObjectKind::RwLock, is_new);
}

// A failed try is a read of the lock: a loop of them is a spin lock.
void note_failed_try(Engine& engine, Thread& self, const Object& object, std::uintptr_t pc) {
  if (self.spin.on_read(pc, object.address, index(object.owner) + object.readers)) {
    engine.yield(self, true);
  }
}

int give_up(Engine& engine, Thread& self, EventKind kind, const Object& object, std::uintptr_t pc) {
  engine.took_effect(self, kind, object.address, 0, 0, pc);
  engine.yield(self, false);
  return ETIMEDOUT;
}

void take(Engine& engine, Thread& self, Object& mutex) {
  if (mutex.owner == self.id) {
    ++mutex.depth;
    return;
  }
  mutex.owner = self.id;
  mutex.depth = 1;
  engine.refresh(mutex);
}

void add_reader(Engine& engine, Thread& self, Object& lock) {
  ++lock.readers;
  if (index(self.id) < 64) lock.reader_ids |= std::uint64_t{1} << index(self.id);
  engine.refresh(lock);
}

}  // namespace

int lock_mutex(Engine& engine, Thread& self, std::uintptr_t address, MutexType type,
               std::uint64_t deadline, std::uintptr_t pc) {
  Object& mutex = mutex_at(engine, address, type);
  if (type == MutexType::ErrorChecking && mutex.owner == self.id) return EDEADLK;
  engine.announce(self, EventKind::MutexLock, mutex, pc, deadline);
  if (mutex.owner != kNoThread && !(mutex.is_recursive && mutex.owner == self.id)) {
    return give_up(engine, self, EventKind::MutexTimeout, mutex, pc);
  }
  take(engine, self, mutex);
  engine.took_effect(self, EventKind::MutexLock, address, 0, 0, pc);
  return 0;
}

int try_lock_mutex(Engine& engine, Thread& self, std::uintptr_t address, MutexType type,
                   std::uintptr_t pc) {
  Object& mutex = mutex_at(engine, address, type);
  engine.announce(self, EventKind::MutexTryLock, mutex, pc);
  if (mutex.owner == kNoThread || (mutex.is_recursive && mutex.owner == self.id)) {
    take(engine, self, mutex);
    engine.took_effect(self, EventKind::MutexTryLock, address, 0, 0, pc);
    return 0;
  }
  engine.took_effect(self, EventKind::MutexTryLockFailed, address, 0, 0, pc);
  note_failed_try(engine, self, mutex, pc);
  return EBUSY;
}

int unlock_mutex(Engine& engine, Thread& self, std::uintptr_t address, MutexType type,
                 std::uintptr_t pc) {
  Object& mutex = mutex_at(engine, address, type);
  engine.announce(self, EventKind::MutexUnlock, mutex, pc);
  if (mutex.owner != self.id && type != MutexType::Normal) {
    engine.took_effect(self, EventKind::MutexUnlock, address, 0, 0, pc);
    return EPERM;
  }
  if (mutex.owner != self.id || --mutex.depth == 0) {
    mutex.owner = kNoThread;
    mutex.depth = 0;
    engine.refresh(mutex);
  }
  engine.took_effect(self, EventKind::MutexUnlock, address, 0, 0, pc);
  return 0;
}

int lock_read(Engine& engine, Thread& self, std::uintptr_t address, std::uint64_t deadline,
              std::uintptr_t pc) {
  Object& lock = rwlock_at(engine, address);
  if (lock.owner == self.id) return EDEADLK;
  engine.announce(self, EventKind::ReadLock, lock, pc, deadline);
  if (lock.owner != kNoThread) return give_up(engine, self, EventKind::ReadTimeout, lock, pc);
  add_reader(engine, self, lock);
  engine.took_effect(self, EventKind::ReadLock, address, 0, 0, pc);
  return 0;
}

int lock_write(Engine& engine, Thread& self, std::uintptr_t address, std::uint64_t deadline,
               std::uintptr_t pc) {
  Object& lock = rwlock_at(engine, address);
  if (lock.owner == self.id) return EDEADLK;
  engine.announce(self, EventKind::WriteLock, lock, pc, deadline);
  if (lock.owner != kNoThread || lock.readers != 0) {
    return give_up(engine, self, EventKind::WriteTimeout, lock, pc);
  }
  lock.owner = self.id;
  engine.refresh(lock);
  engine.took_effect(self, EventKind::WriteLock, address, 0, 0, pc);
  return 0;
}

int try_lock_read(Engine& engine, Thread& self, std::uintptr_t address, std::uintptr_t pc) {
  Object& lock = rwlock_at(engine, address);
  engine.announce(self, EventKind::ReadTryLock, lock, pc);
  if (lock.owner == kNoThread) {
    add_reader(engine, self, lock);
    engine.took_effect(self, EventKind::ReadTryLock, address, 0, 0, pc);
    return 0;
  }
  engine.took_effect(self, EventKind::ReadTryLockFailed, address, 0, 0, pc);
  note_failed_try(engine, self, lock, pc);
  return EBUSY;
}

int try_lock_write(Engine& engine, Thread& self, std::uintptr_t address, std::uintptr_t pc) {
  Object& lock = rwlock_at(engine, address);
  engine.announce(self, EventKind::WriteTryLock, lock, pc);
  if (lock.owner == kNoThread && lock.readers == 0) {
    lock.owner = self.id;
    engine.refresh(lock);
    engine.took_effect(self, EventKind::WriteTryLock, address, 0, 0, pc);
    return 0;
  }
  engine.took_effect(self, EventKind::WriteTryLockFailed, address, 0, 0, pc);
  note_failed_try(engine, self, lock, pc);
  return EBUSY;
}

int unlock_rwlock(Engine& engine, Thread& self, std::uintptr_t address, std::uintptr_t pc) {
  Object& lock = rwlock_at(engine, address);
  const bool is_writer = lock.owner == self.id;
  const bool holds_any = is_writer || lock.readers != 0;
  const EventKind kind =
      is_writer || lock.readers == 0 ? EventKind::WriteUnlock : EventKind::ReadUnlock;
  engine.announce(self, kind, lock, pc);
  if (is_writer) {
    lock.owner = kNoThread;
  } else if (lock.readers != 0) {
    --lock.readers;
    // One bit a thread: a thread that holds it twice is forgotten one unlock early, which only
    // shortens the list of holders in a report.
    if (index(self.id) < 64) lock.reader_ids &= ~(std::uint64_t{1} << index(self.id));
  }
  engine.refresh(lock);
  engine.took_effect(self, kind, address, 0, 0, pc);
  return holds_any ? 0 : EPERM;
}

}  // namespace raddle::scheduler
