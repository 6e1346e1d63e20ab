// How fibers wait and are woken: yields, sleeps, conditions, channels, and whatever
// else suspends a fiber.

#include "harness/fiber/members.hpp"
#include "harness/fiber/real.hpp"
#include "harness/runtime.hpp"

#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/context.hpp>

namespace {

using boost::fibers::context;
using boost::fibers::detail::spinlock_lock;
using raddle::harness::add_deadline;
using raddle::harness::await_spin_lock;
using raddle::harness::deadline_of;
using raddle::harness::Intent;
using raddle::harness::QuietWaking;
using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::MemoryOrder;
using raddle::scheduler::ObjectKind;
using raddle::scheduler::Operation;
using raddle::scheduler::Thread;
using Time = std::chrono::steady_clock::time_point;

// What fibers wait on is told by the spin lock that guards the queue: in a condition and in a
// channel it comes first.
Operation on_queue(EventKind kind, std::uintptr_t address, std::uintptr_t pc) {
  Operation operation;
  operation.kind = kind;
  operation.address = address;
  operation.pc = pc;
  if (address != 0) {
    bool is_new = false;
    operation.object = &runtime->engine.object(address, ObjectKind::Condition, is_new);
  }
  return operation;
}

// Suspends `self` by calling `suspend`, which releases the spin lock `queue` on the way.
template <typename Suspend>
auto wait_on(Thread& self, context& fiber, std::uintptr_t queue, std::uint64_t deadline,
             std::uintptr_t pc, Suspend suspend) {
  auto& engine = runtime->engine;
  if (queue != 0) {
    // The library does it where nobody sees it.
    ++self.events;
    engine.took_effect(self, EventKind::AtomicStore, queue, 1, 0, pc, MemoryOrder::Release, 4);
  }
  ++self.events;
  engine.took_effect(self, EventKind::Suspend, queue, 0, 0, pc);
  Operation operation = on_queue(EventKind::Resume, queue, pc);
  operation.deadline = deadline;
  const auto finish = [&] {
    engine.took_effect(self, EventKind::Resume, queue, 0, 0, pc);
    runtime->note(self, EventKind::Acquire, reinterpret_cast<std::uintptr_t>(&fiber.waker_epoch_),
                  0, pc);
  };
  const Intent intent(self, operation);
  if constexpr (std::is_void_v<decltype(suspend())>) {
    suspend();
    finish();
  } else {
    const auto result = suspend();
    finish();
    return result;
  }
}

std::uintptr_t address_of(const spinlock_lock& lock) {
  return reinterpret_cast<std::uintptr_t>(lock.mutex());
}

// Fibers that wait on `queue` and have not been woken.
std::uint64_t sleepers(std::uintptr_t queue) {
  std::uint64_t count = 0;
  for (const auto& thread : runtime->engine.threads()) {
    const Operation& operation = runtime->engine.announced(thread->id);
    count += operation.kind == EventKind::Resume && operation.address == queue &&
             thread->is_unmounted && !thread->is_ready && !thread->has_ended;
  }
  return count;
}

template <typename Notify>
void notify(Thread& self, const void* condition, EventKind kind, std::uintptr_t pc, Notify real) {
  const auto address = reinterpret_cast<std::uintptr_t>(condition);
  runtime->engine.announce(self, on_queue(kind, address, pc));
  await_spin_lock(self, address, pc);
  std::uint64_t woken = sleepers(address);
  if (kind == EventKind::CondNotifyOne && woken > 1) woken = 1;
  runtime->engine.took_effect(self, kind, address, woken, 0, pc);
  const QuietWaking quiet;
  real();
}

}  // namespace

namespace boost::fibers {

void context::yield() noexcept {
  constexpr const char* kName = "_ZN5boost6fibers7context5yieldEv";
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_BOOST(kName, void(context*))(this);
  const Intent intent(*self, on_queue(EventKind::Yield, 0, RADDLE_PC));
  runtime->engine.yield(*self, false);
  RADDLE_BOOST(kName, void(context*))(this);
  runtime->engine.took_effect(*self, EventKind::Yield, 0, 0, 0, RADDLE_PC);
}

bool context::wait_until(const Time& time) noexcept {
  constexpr const char* kName =
      "_ZN5boost6fibers7context10wait_untilERKNSt6chrono10time_pointINS2_3_V212steady_clockENS2_"
      "8durationIlSt5ratioILl1ELl1000000000EEEEEE";
  const auto real = RADDLE_BOOST(kName, bool(context*, const Time&));
  Thread* self = current_thread;
  if (self == nullptr) return real(this, time);
  auto& engine = runtime->engine;
  const std::uint64_t from = engine.now(), deadline = deadline_of(time);
  Operation operation = on_queue(EventKind::Sleep, 0, RADDLE_PC);
  operation.deadline = deadline;
  bool is_early = false;
  {
    const Intent intent(*self, operation);
    engine.yield(*self, false);
    is_early = real(this, time);
  }
  engine.took_effect(*self, EventKind::Sleep, 0, deadline > from ? deadline - from : 0, 0,
                     RADDLE_PC);
  return is_early;
}

bool context::wait_until(const Time& time, detail::spinlock_lock& lock, waker&& awake) noexcept {
  constexpr const char* kName =
      "_ZN5boost6fibers7context10wait_untilERKNSt6chrono10time_pointINS2_3_V212steady_clockENS2_"
      "8durationIlSt5ratioILl1ELl1000000000EEEEEERSt11unique_lockINS0_6detail13spinlock_ttasEEONS0_"
      "5wakerE";
  const auto real = RADDLE_BOOST(kName, bool(context*, const Time&, spinlock_lock&, waker&&));
  const auto wait = [&] { return real(this, time, lock, std::move(awake)); };
  Thread* self = current_thread;
  if (self == nullptr) return wait();
  if (self->has_intent) {
    add_deadline(*self, deadline_of(time));
    return wait();
  }
  const bool in_time = wait_on(*self, *this, address_of(lock), deadline_of(time), RADDLE_PC, wait);
  if (!in_time) runtime->engine.yield(*self, false);
  return in_time;
}

void context::suspend(detail::spinlock_lock& lock) noexcept {
  const auto real =
      RADDLE_BOOST("_ZN5boost6fibers7context7suspendERSt11unique_lockINS0_6detail13spinlock_ttasEE",
                   void(context*, spinlock_lock&));
  Thread* self = current_thread;
  if (self == nullptr || self->has_intent) return real(this, lock);
  wait_on(*self, *this, address_of(lock), raddle::scheduler::kNoDeadline, RADDLE_PC,
          [&] { real(this, lock); });
}

void context::suspend() noexcept {
  const auto real = RADDLE_BOOST("_ZN5boost6fibers7context7suspendEv", void(context*));
  Thread* self = current_thread;
  if (self == nullptr || self->has_intent) return real(this);
  wait_on(*self, *this, 0, raddle::scheduler::kNoDeadline, RADDLE_PC, [&] { real(this); });
}

// What was done before a fiber is woken has happened before it goes on.
bool waker::wake() const noexcept {
  Thread* self = current_thread;
  if (self != nullptr && !raddle::harness::is_waking_quiet()) {
    runtime->note(*self, EventKind::Release, reinterpret_cast<std::uintptr_t>(&ctx_->waker_epoch_),
                  0, RADDLE_PC);
  }
  return RADDLE_BOOST("_ZNK5boost6fibers5waker4wakeEv", bool(const waker*))(this);
}

void condition_variable_any::notify_one() noexcept {
  const auto real = RADDLE_BOOST("_ZN5boost6fibers22condition_variable_any10notify_oneEv",
                                 void(condition_variable_any*));
  Thread* self = current_thread;
  if (self == nullptr) return real(this);
  notify(*self, this, EventKind::CondNotifyOne, RADDLE_PC, [&] { real(this); });
}

void condition_variable_any::notify_all() noexcept {
  const auto real = RADDLE_BOOST("_ZN5boost6fibers22condition_variable_any10notify_allEv",
                                 void(condition_variable_any*));
  Thread* self = current_thread;
  if (self == nullptr) return real(this);
  notify(*self, this, EventKind::CondNotifyAll, RADDLE_PC, [&] { real(this); });
}

}  // namespace boost::fibers
