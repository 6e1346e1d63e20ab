// Fibers that the program itself runs on one of its threads, the carrier: only one of
// them has it at a time, and gives it up only by itself. To strategies and detectors each is a
// thread. What keeps a fiber from going on is not modelled here: the program's own
// library says when it is ready, the engine chooses among those that are.

#include "scheduler/engine.hpp"

namespace raddle::scheduler {

void Engine::become_carrier(Thread& self, std::uintptr_t context) {
  self.carrier = self.mounted = &self;
  self.context = context;
}

Thread& Engine::create_fiber(Thread& self, std::uintptr_t context) {
  const RuntimeScope scope;
  Thread& fiber = new_thread(self);
  fiber.carrier = self.carrier;
  fiber.fiber = self.carrier->fiber;
  fiber.is_fiber_reused = false;
  fiber.is_unmounted = true;
  fiber.context = context;
  return fiber;
}

void Engine::intend(Thread& self, const Operation& operation) {
  announced_[index(self.id)] = operation;
  self.has_intent = true;
}

void Engine::unmount(Thread& self) {
  // It may be ready already: another thread can wake it before it has gone to sleep.
  self.is_unmounted = true;
  enabled_.remove(self.id);
  timed_.remove(self.id);
  if (self.has_intent || self.has_ended) return;
  announced_[index(self.id)] = Operation{};
  announced_[index(self.id)].kind = EventKind::Resume;
}

void Engine::make_ready(Thread& fiber) {
  fiber.is_ready = true;
  if (fiber.is_unmounted) set_enabled(fiber);
}

Thread& Engine::next_on(Thread& carrier) {
  Thread& last = *carrier.mounted;
  if (++last.events >= last.attention && step(last) >= limits_.steps) stop(End::StepLimit);
  carrier.is_free = true;
  for (std::size_t i = 0; i < thread_count_; ++i) {
    Thread& fiber = *threads_[i];
    if (fiber.carrier == &carrier && !fiber.has_ended) set_enabled(fiber);
  }
  Thread& next = pick(last);  // which gave it its carrier
  if (&next != &last) {
    steps_before_ = step(last);
    running_ = &next;
    resume(next);
    if (next.fiber != last.fiber) Fiber::switch_to(*last.fiber, *next.fiber);
  }
  return *carrier.mounted;
}

void Engine::give_carrier(Thread& fiber) {
  Thread& carrier = *fiber.carrier;
  carrier.mounted = &fiber;
  carrier.is_free = false;
  for (std::size_t i = 0; i < thread_count_; ++i) {
    if (threads_[i]->carrier != &carrier) continue;
    enabled_.remove(thread_id(i));
    timed_.remove(thread_id(i));
  }
  fiber.is_unmounted = fiber.is_ready = false;
  enabled_.add(fiber.id);
}

bool Engine::has_ready_sibling(const Thread& fiber) const {
  if (fiber.carrier == nullptr) return false;
  for (std::size_t i = 0; i < thread_count_; ++i) {
    const Thread& other = *threads_[i];
    if (other.carrier == fiber.carrier && other.is_unmounted && other.is_ready) return true;
  }
  return false;
}

void Engine::mount(Thread& fiber) {
  give_carrier(fiber);
  steps_before_ = step(*running_);
  running_ = &fiber;
  resume(fiber);
}

void Engine::end_fiber(Thread& self) {
  ++self.events;
  took_effect(self, EventKind::ThreadEnd, 0, 0, 0, 0);
  self.has_ended = true;
  self.is_detached = true;
  ++ended_count_;
  yielded_.remove(self.id);
  stuttering_.remove(self.id);
  unmount(self);
}

Thread* Engine::find_fiber(std::uintptr_t context) {
  // Newest first: memory is used again.
  for (std::size_t i = thread_count_; i-- > 0;) {
    if (threads_[i]->context == context) return threads_[i].get();
  }
  return nullptr;
}

}  // namespace raddle::scheduler
