#include "scheduler/objects/waiting.hpp"

#include <cerrno>

namespace raddle::scheduler {
namespace {

Object& at(Engine& engine, std::uintptr_t address, ObjectKind kind) {
  bool is_new = false;
  return engine.object(address, kind, is_new);
}

Object& semaphore_at(Engine& engine, std::uintptr_t address, std::uint32_t initial) {
  bool is_new = false;
  Object& semaphore = engine.object(address, ObjectKind::Semaphore, is_new);
  if (is_new) semaphore.depth = initial;
  return semaphore;
}

Operation on(EventKind kind, Object& object, std::uintptr_t pc,
             std::uint64_t deadline = kNoDeadline) {
  Operation operation;
  operation.kind = kind;
  operation.address = object.address;
  operation.object = &object;
  operation.deadline = deadline;
  operation.pc = pc;
  return operation;
}

}  // namespace

int wait_condition(Engine& engine, Thread& self, std::uintptr_t condition_address,
                   std::uintptr_t mutex_address, MutexType type, std::uint64_t deadline,
                   std::uintptr_t pc) {
  Object& condition = at(engine, condition_address, ObjectKind::Condition);
  bool is_new = false;
  Object& mutex = engine.object(mutex_address, ObjectKind::Mutex, is_new);
  if (is_new) mutex.is_recursive = type == MutexType::Recursive;

  engine.announce(self, EventKind::CondWait, condition, pc);
  if (mutex.owner == self.id) {
    mutex.owner = kNoThread;
    mutex.depth = 0;
    engine.refresh(mutex);
  }
  if (engine.wakes_spuriously(self, EventKind::CondSpurious)) {
    // At once, which is as good as any time later: what others do meanwhile they do before it has
    // its mutex again.
    engine.took_effect(self, EventKind::CondSpurious, condition_address, 0, mutex_address, pc);
    engine.announce(self, on(EventKind::MutexLock, mutex, pc));
    mutex.owner = self.id;
    mutex.depth = 1;
    engine.refresh(mutex);
    engine.took_effect(self, EventKind::MutexLock, mutex_address, 0, 0, pc);
    return 0;
  }
  engine.go_to_sleep(self);
  engine.took_effect(self, EventKind::CondWait, condition_address, 0, mutex_address, pc);

  Operation wake = on(EventKind::CondWake, condition, pc, deadline);
  wake.mutex = &mutex;
  engine.announce(self, wake);
  mutex.owner = self.id;
  mutex.depth = 1;
  engine.refresh(mutex);
  const bool was_woken = self.was_woken;
  engine.took_effect(self, was_woken ? EventKind::CondWake : EventKind::CondTimeout,
                     condition_address, 0, mutex_address, pc);
  if (!was_woken) engine.yield(self, false);
  return was_woken ? 0 : ETIMEDOUT;
}

void notify_condition(Engine& engine, Thread& self, std::uintptr_t address, bool all,
                      std::uintptr_t pc) {
  Object& condition = at(engine, address, ObjectKind::Condition);
  const EventKind kind = all ? EventKind::CondNotifyAll : EventKind::CondNotifyOne;
  engine.announce(self, kind, condition, pc);
  const auto sleepers = engine.sleepers(condition);
  std::uint64_t woken = 0;
  if (all) {
    for (Thread* sleeper : sleepers) engine.wake(*sleeper);
    woken = sleepers.size();
  } else if (!sleepers.empty()) {
    engine.wake(*sleepers[engine.choose_value(self, sleepers.size(), kind)]);
    woken = 1;
  }
  engine.took_effect(self, kind, address, woken, 0, pc);
}

int wait_semaphore(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t initial,
                   std::uint64_t deadline, std::uintptr_t pc) {
  Object& semaphore = semaphore_at(engine, address, initial);
  engine.announce(self, EventKind::SemWait, semaphore, pc, deadline);
  if (semaphore.depth == 0) {
    engine.took_effect(self, EventKind::SemTimeout, address, 0, 0, pc);
    engine.yield(self, false);
    return ETIMEDOUT;
  }
  --semaphore.depth;
  engine.refresh(semaphore);
  engine.took_effect(self, EventKind::SemWait, address, semaphore.depth, 0, pc);
  return 0;
}

bool try_wait_semaphore(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t initial,
                        std::uintptr_t pc) {
  Object& semaphore = semaphore_at(engine, address, initial);
  // Announced as the kind that cannot block; it becomes a wait if the count allows it.
  engine.announce(self, EventKind::SemTryFailed, semaphore, pc);
  if (semaphore.depth == 0) {
    engine.took_effect(self, EventKind::SemTryFailed, address, 0, 0, pc);
    if (self.spin.on_read(pc, address, 0)) engine.yield(self, true);
    return false;
  }
  --semaphore.depth;
  engine.refresh(semaphore);
  engine.took_effect(self, EventKind::SemWait, address, semaphore.depth, 0, pc);
  return true;
}

void post_semaphore(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t initial,
                    std::uintptr_t pc) {
  Object& semaphore = semaphore_at(engine, address, initial);
  engine.announce(self, EventKind::SemPost, semaphore, pc);
  ++semaphore.depth;
  engine.refresh(semaphore);
  engine.took_effect(self, EventKind::SemPost, address, semaphore.depth, 0, pc);
}

std::uint32_t count_of_semaphore(Engine& engine, std::uintptr_t address, std::uint32_t initial) {
  return semaphore_at(engine, address, initial).depth;
}

bool wait_barrier(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t threshold,
                  std::uintptr_t pc) {
  bool is_new = false;
  Object& barrier = engine.object(address, ObjectKind::Barrier, is_new);
  if (is_new) barrier.threshold = threshold;
  engine.announce(self, EventKind::BarrierArrive, barrier, pc);
  self.barrier_phase = barrier.phase;
  ++barrier.readers;
  const bool is_last = barrier.readers >= barrier.threshold;
  engine.took_effect(self, EventKind::BarrierArrive, address, barrier.threshold - barrier.readers,
                     0, pc);
  if (is_last) {
    barrier.readers = 0;
    ++barrier.phase;
    engine.refresh(barrier);
  } else {
    engine.announce(self, EventKind::BarrierLeave, barrier, pc);
  }
  engine.took_effect(self, EventKind::BarrierLeave, address, 0, 0, pc);
  return is_last;
}

bool begin_once(Engine& engine, Thread& self, std::uintptr_t address,
                bool (*is_done)(std::uintptr_t), std::uintptr_t pc) {
  Object& once = at(engine, address, ObjectKind::Once);
  engine.announce(self, EventKind::OnceBegin, once, pc);
  if (is_done(address)) {
    engine.took_effect(self, EventKind::OncePass, address, 0, 0, pc);
    return false;
  }
  once.is_running = true;
  once.owner = self.id;
  engine.refresh(once);
  engine.took_effect(self, EventKind::OnceBegin, address, 0, 0, pc);
  return true;
}

void end_once(Engine& engine, Thread& self, std::uintptr_t address, bool is_done,
              std::uintptr_t pc) {
  Object& once = at(engine, address, ObjectKind::Once);
  once.is_running = false;
  once.owner = kNoThread;
  engine.refresh(once);
  ++self.events;
  engine.took_effect(self, is_done ? EventKind::OnceEnd : EventKind::OnceAbort, address, 0, 0, pc);
}

int wait_futex(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t expected,
               std::uint64_t deadline, std::uintptr_t pc) {
  Object& futex = at(engine, address, ObjectKind::Futex);
  engine.announce(self, EventKind::FutexWait, futex, pc);
  const std::uint32_t word = *reinterpret_cast<const volatile std::uint32_t*>(address);
  if (word != expected) {
    engine.took_effect(self, EventKind::FutexMismatch, address, word, 0, pc);
    return EAGAIN;
  }
  if (engine.wakes_spuriously(self, EventKind::FutexSpurious)) {
    self.spin.on_write();  // as far as it knows it has slept
    engine.took_effect(self, EventKind::FutexSpurious, address, word, 0, pc);
    return 0;
  }
  engine.go_to_sleep(self);
  engine.took_effect(self, EventKind::FutexWait, address, word, 0, pc);
  engine.announce(self, EventKind::FutexWoken, futex, pc, deadline);
  const bool was_woken = self.was_woken;
  engine.took_effect(self, was_woken ? EventKind::FutexWoken : EventKind::FutexTimeout, address, 0,
                     0, pc);
  if (!was_woken) engine.yield(self, false);
  return was_woken ? 0 : ETIMEDOUT;
}

std::uint32_t wake_futex(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t count,
                         std::uintptr_t pc) {
  Object& futex = at(engine, address, ObjectKind::Futex);
  engine.announce(self, EventKind::FutexWake, futex, pc);
  std::uint32_t woken = 0;
  while (woken < count) {
    const auto sleepers = engine.sleepers(futex);
    if (sleepers.empty()) break;
    // Whoever is woken in the end: only the last of a partial wake-up matters, but
    // each is a choice of its own.
    const std::size_t which =
        sleepers.size() <= count - woken
            ? 0
            : engine.choose_value(self, sleepers.size(), EventKind::FutexWake);
    engine.wake(*sleepers[which]);
    ++woken;
  }
  engine.took_effect(self, EventKind::FutexWake, address, woken, 0, pc);
  return woken;
}

void join_thread(Engine& engine, Thread& self, Thread& target, std::uintptr_t pc) {
  Operation operation;
  operation.kind = EventKind::ThreadJoin;
  operation.target = target.id;
  operation.pc = pc;
  engine.announce(self, operation);
  engine.took_effect(self, EventKind::ThreadJoin, 0, index(target.id), 0, pc);
  engine.joined(target);
}

void yield_thread(Engine& engine, Thread& self, std::uintptr_t pc) {
  Operation operation;
  operation.kind = EventKind::Yield;
  operation.pc = pc;
  engine.yield(self, false);
  engine.announce(self, operation);
  engine.took_effect(self, EventKind::Yield, 0, 0, 0, pc);
}

void sleep_until(Engine& engine, Thread& self, std::uint64_t deadline, std::uintptr_t pc) {
  const std::uint64_t from = engine.now();
  Operation operation;
  operation.kind = EventKind::Sleep;
  operation.deadline = deadline;
  operation.pc = pc;
  engine.yield(self, false);
  engine.announce(self, operation);
  engine.took_effect(self, EventKind::Sleep, 0, deadline > from ? deadline - from : 0, 0, pc);
}

}  // namespace raddle::scheduler
