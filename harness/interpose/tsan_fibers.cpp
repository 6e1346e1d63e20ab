// Fibers that a program switches by itself, and tells of (sanitizer/tsan_interface.h). To
// strategies and detectors each is a thread; but who has the thread under test that they take
// turns on, their carrier (scheduler/carrier.cpp), is for the program to say. They may go on on
// another thread than before.

#include "harness/interpose/tsan_fibers.hpp"

#include "harness/interpose/annotations.hpp"
#include "harness/interpose/caller.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::Operation;
using raddle::scheduler::Thread;

// What a program holds of a fiber: a place in here, by the number of its thread. It is
// also where the order between fibers is kept.
constinit char handles[raddle::scheduler::kThreadsMax] = {};
// And outside of executions, where all of this means nothing.
constinit char outside = 0;

constinit std::uint32_t living = 0;  // created in this execution, and not ended

void* handle_of(const Thread& thread) { return &handles[index(thread.id)]; }
std::uintptr_t context_of(const Thread& thread) {
  return reinterpret_cast<std::uintptr_t>(handle_of(thread));
}
bool is_handmade(const Thread& fiber) {
  return fiber.is_fiber() && fiber.context == context_of(fiber);
}

[[noreturn]] void refuse(const std::string& what, std::uintptr_t pc) {
  runtime->fail(raddle::FindingKind::UncontrolledBlocking, what + ", which is not supported", pc);
}

// The fiber that the program means, or its thread's own stack.
Thread& fiber_of(void* handle, const char* call, std::uintptr_t pc) {
  const auto& threads = runtime->engine.threads();
  const std::uintptr_t number =
      reinterpret_cast<std::uintptr_t>(handle) - reinterpret_cast<std::uintptr_t>(handles);
  if (number < threads.size()) {
    Thread& fiber = *threads[number];
    if (!fiber.has_ended && (is_handmade(fiber) || !fiber.is_fiber())) return fiber;
  }
  refuse(std::string("calls ") + call +
             " with a fiber that was destroyed or not created in this execution",
         pc);
}

// From its first fiber on a thread is the carrier of all that it switches to, itself among them.
void become_carrier(Thread& self, std::uintptr_t pc) {
  if (self.carrier == nullptr) runtime->engine.become_carrier(self, context_of(self));
  const Thread& carrier = *self.carrier;
  if (carrier.context != context_of(carrier)) {
    refuse("has hand-made fibers (__tsan_create_fiber) and those of Boost.Fiber on one thread", pc);
  }
}

// May the carrier of `self` go on with `next`?
void check_switch(const Thread& self, const Thread& next, std::uintptr_t pc) {
  if (!next.is_fiber() && &next != self.carrier) {
    refuse("switches (__tsan_switch_to_fiber) to the stack that another thread began on", pc);
  }
  if (!next.is_unmounted) {
    refuse("switches (__tsan_switch_to_fiber) to a fiber that another thread runs", pc);
  }
}

void take_along(const Thread& self, Thread& fiber) {
  fiber.carrier = self.carrier;
  fiber.fiber = self.carrier->fiber;
}

void switch_to(Thread& self, Thread& next, std::uintptr_t pc) {
  auto& engine = runtime->engine;
  Operation operation;
  operation.kind = EventKind::Resume;
  operation.pc = pc;
  engine.intend(self, operation);
  engine.unmount(self);
  self.has_intent = false;
  // Should nobody be able to go on: it waits for whoever has the carrier then.
  self.is_ready = true;
  const bool is_first = engine.announced(next.id).kind == EventKind::ThreadStart;
  take_along(self, next);
  engine.mount(next);
  current_thread = &next;
  if (!is_first) return;
  ++next.events;
  engine.took_effect(next, EventKind::ThreadStart, 0, index(next.creator), 0, 0);
}

// The end is an event of the fiber's own.
void end_fiber(Thread& self, Thread& fiber) {
  auto& engine = runtime->engine;
  take_along(self, fiber);
  engine.mount(fiber);
  engine.end_fiber(fiber);
  engine.mount(self);
  --living;
}

}  // namespace

namespace raddle::interpose {

void forget_fibers() { living = 0; }

void end_fibers_with_thread() {
  if (living == 0) return;
  Thread& self = *current_thread;
  if (self.is_fiber()) {
    refuse("ends its thread without having switched back (__tsan_switch_to_fiber)", 0);
  }
  const auto& threads = runtime->engine.threads();
  const bool is_last = std::ranges::none_of(threads, [&](const auto& thread) {
    return thread.get() != &self && !thread->is_fiber() && !thread->has_ended;
  });
  if (is_last) become_carrier(self, 0);
  for (const auto& fiber : threads) {
    if (!is_handmade(*fiber) || fiber->has_ended) continue;
    if (is_last) {
      end_fiber(self, *fiber);
    } else if (fiber->carrier == &self) {
      fiber->is_ready = false;  // it has no carrier until another thread switches to it
    }
  }
}

}  // namespace raddle::interpose

#define RADDLE_ABI extern "C" __attribute__((visibility("default")))

RADDLE_ABI void* __tsan_get_current_fiber() {
  const Thread* self = current_thread;
  return self == nullptr ? &outside : handle_of(*self);
}

RADDLE_ABI void* __tsan_create_fiber(unsigned) {
  Thread* self = current_thread;
  if (self == nullptr) return &outside;
  const std::uintptr_t pc = RADDLE_CALLER;
  auto& engine = runtime->engine;
  become_carrier(*self, pc);
  Thread& fiber = engine.create_fiber(*self, 0);
  fiber.context = context_of(fiber);
  ++living;
  raddle::interpose::inherit_annotations(fiber);
  const auto number = std::ranges::count_if(engine.threads(),
                                            [](const auto& thread) { return thread->is_fiber(); });
  std::snprintf(fiber.name, sizeof(fiber.name), "F%d", static_cast<int>(number));
  fiber.created_at = self->stack_node;
  fiber.created_pc = pc;
  if (runtime->recorder() != nullptr) runtime->recorder()->on_thread_created(fiber);
  ++self->events;
  engine.took_effect(*self, EventKind::ThreadCreate, 0, index(fiber.id), 0, pc);
  return handle_of(fiber);
}

RADDLE_ABI void __tsan_destroy_fiber(void* handle) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  const std::uintptr_t pc = RADDLE_CALLER;
  become_carrier(*self, pc);
  Thread& fiber = fiber_of(handle, "__tsan_destroy_fiber", pc);
  if (!fiber.is_fiber() || !fiber.is_unmounted) {
    refuse("destroys (__tsan_destroy_fiber) a fiber that runs", pc);
  }
  end_fiber(*self, fiber);
}

RADDLE_ABI void __tsan_switch_to_fiber(void* handle, unsigned flags) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  const std::uintptr_t pc = RADDLE_CALLER;
  become_carrier(*self, pc);
  Thread& next = fiber_of(handle, "__tsan_switch_to_fiber", pc);
  if (&next == self) return;
  check_switch(*self, next, pc);
  constexpr unsigned kNoSync = 1;  // __tsan_switch_to_fiber_no_sync
  const bool orders = (flags & kNoSync) == 0;
  if (orders) runtime->note(*self, EventKind::Release, next.context, 0, pc);
  switch_to(*self, next, pc);
  if (orders) runtime->note(next, EventKind::Acquire, next.context, 0, pc);
}

RADDLE_ABI void __tsan_set_fiber_name(void* handle, const char* name) {
  if (current_thread == nullptr) return;
  Thread& fiber = fiber_of(handle, "__tsan_set_fiber_name", RADDLE_CALLER);
  std::strncpy(fiber.name, name, sizeof(fiber.name) - 1);
  fiber.name[sizeof(fiber.name) - 1] = '\0';
}
