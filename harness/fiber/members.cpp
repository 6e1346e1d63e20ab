#include "harness/fiber/members.hpp"

#include "harness/interpose/clock.hpp"
#include "harness/runtime.hpp"

namespace raddle::harness {
namespace {

using scheduler::EventKind;
using scheduler::Operation;
using scheduler::Thread;

constinit thread_local bool wakes_quietly __attribute__((tls_model("initial-exec"))) = false;

}  // namespace

Thread& thread_of(boost::fibers::context& context) {
  return *runtime->engine.find_fiber(reinterpret_cast<std::uintptr_t>(&context));
}

void enter(Thread& fiber) {
  auto& engine = runtime->engine;
  scheduler::current_thread = &fiber;
  if (engine.announced(fiber.id).kind != EventKind::ThreadStart) return;
  ++fiber.events;
  engine.took_effect(fiber, EventKind::ThreadStart, 0, index(fiber.creator), 0, 0);
}

std::uint64_t deadline_of(const std::chrono::steady_clock::time_point& time) {
  if (time == std::chrono::steady_clock::time_point::max()) return scheduler::kNoDeadline;
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  const std::uint64_t epoch = interpose::epoch_ns(CLOCK_MONOTONIC);
  const auto since_boot = static_cast<std::uint64_t>(ns.count() < 0 ? 0 : ns.count());
  return since_boot > epoch ? since_boot - epoch : 0;
}

Intent::Intent(Thread& self, const Operation& operation) : self_(self), outer_(self.has_intent) {
  runtime->engine.intend(self, operation);
}

void add_deadline(Thread& self, std::uint64_t deadline) {
  Operation operation = runtime->engine.announced(self.id);
  operation.deadline = deadline;
  runtime->engine.intend(self, operation);
}

void await_spin_lock(Thread& self, std::uintptr_t address, std::uintptr_t pc) {
  const auto* state = reinterpret_cast<const volatile int*>(address);
  constexpr int kLocked = 0;  // boost::fibers::detail::spinlock_status
  while (*state == kLocked) {
    Operation operation;
    operation.kind = EventKind::AtomicLoad;
    operation.address = address;
    operation.pc = pc;
    runtime->engine.yield(self, true);
    runtime->engine.announce(self, operation);
  }
}

void set_quiet_waking(bool is_quiet) { wakes_quietly = is_quiet; }
bool is_waking_quiet() { return wakes_quietly; }

}  // namespace raddle::harness
