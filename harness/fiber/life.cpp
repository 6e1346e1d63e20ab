// The life of a fiber: start, end, join, and the thread that carries it.

#include "harness/fiber/algorithm.hpp"
#include "harness/fiber/members.hpp"
#include "harness/fiber/real.hpp"
#include "harness/interpose/annotations.hpp"
#include "harness/runtime.hpp"

#include <boost/fiber/fiber.hpp>

#include <cstdio>

namespace {

using boost::fibers::context;
using raddle::harness::Algorithm;
using raddle::harness::Intent;
using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::Operation;
using raddle::scheduler::Thread;

Operation waiting_for(EventKind kind, std::uintptr_t pc) {
  Operation operation;
  operation.kind = kind;
  operation.pc = pc;
  return operation;
}

// Boost.Context runs the first lines of a fiber while it is being created and jumps back: calls
// that the creator has entered and not left. `frame` is where it really is.
void drop_calls_of_fiber(Thread& creator, std::uintptr_t frame) {
  if (auto* recorder = runtime->recorder()) recorder->return_to(creator, frame);
}

Thread& create_thread(Thread& self, context& fiber, std::uintptr_t pc) {
  auto& engine = runtime->engine;
  const auto address = reinterpret_cast<std::uintptr_t>(&fiber);
  Thread& thread = engine.create_fiber(self, address);
  // Boost keeps its object at the top of the stack.
  thread.stack_high = address;
  thread.stack_low = address - boost::context::stack_traits::default_size();
  int number = 0;
  for (const auto& other : engine.threads()) number += other->is_fiber() ? 1 : 0;
  std::snprintf(thread.name, sizeof(thread.name), "F%d", number);
  thread.created_at = self.stack_node;
  thread.created_pc = pc;
  raddle::interpose::inherit_annotations(thread);
  if (runtime->recorder() != nullptr) runtime->recorder()->on_thread_created(thread);
  ++self.events;
  engine.took_effect(self, EventKind::ThreadCreate, 0, index(thread.id), 0, pc);
  return thread;
}

// From here on its stack may be that of another fiber, or anything.
void note_stack_is_gone(context& fiber) {
  if (runtime == nullptr || !runtime->engine.is_running()) return;
  Thread* thread = runtime->engine.find_fiber(reinterpret_cast<std::uintptr_t>(&fiber));
  if (thread != nullptr) thread->is_stack_gone = true;
}

}  // namespace

namespace boost::fibers {

// --- The thread that carries fibers ---

void scheduler::attach_main_context(context* main) noexcept {
  if (Thread* self = current_thread) {
    if (self->carrier != nullptr) {
      runtime->fail(raddle::FindingKind::UncontrolledBlocking,
                    "has fibers of Boost.Fiber and hand-made ones (__tsan_create_fiber) on one "
                    "thread, which is not supported",
                    RADDLE_PC);
    }
    runtime->engine.become_carrier(*self, reinterpret_cast<std::uintptr_t>(main));
  }
  RADDLE_BOOST("_ZN5boost6fibers9scheduler19attach_main_contextEPNS0_7contextE",
               void(scheduler*, context*))
  (this, main);
}

void scheduler::attach_dispatcher_context(intrusive_ptr<context> dispatcher) noexcept {
  RADDLE_BOOST(
      "_ZN5boost6fibers9scheduler25attach_dispatcher_contextENS_13intrusive_ptrINS0_7contextEEE",
      void(scheduler*, intrusive_ptr<context>))
  (this, dispatcher);
  if (Thread* self = current_thread) {
    RADDLE_BOOST("_ZN5boost6fibers9scheduler8set_algoENS_13intrusive_ptrINS0_4algo9algorithmEEE",
                 void(scheduler*, algo::algorithm::ptr_t))
    (this, new Algorithm(*self));
  }
}

// A program that asks for an algorithm of its own gets another that could be: ours
// takes every decision that it could take, but moves no fiber to another thread.
void scheduler::set_algo(algo::algorithm::ptr_t wanted) noexcept {
  if (current_thread != nullptr) return;
  RADDLE_BOOST("_ZN5boost6fibers9scheduler8set_algoENS_13intrusive_ptrINS0_4algo9algorithmEEE",
               void(scheduler*, algo::algorithm::ptr_t))
  (this, wanted);
}

// Only one thread runs at a time: waking a fiber of another needs no queue between them.
void scheduler::schedule_from_remote(context* fiber) noexcept {
  if (raddle::scheduler::current_thread == nullptr) {
    return RADDLE_BOOST("_ZN5boost6fibers9scheduler20schedule_from_remoteEPNS0_7contextE",
                        void(scheduler*, context*))(this, fiber);
  }
  schedule(fiber);
}

void scheduler::sleep2ready_() noexcept {
  raddle::harness::is_on_virtual_clock =
      runtime != nullptr && runtime->engine.is_running() && dynamic_cast<Algorithm*>(algo_.get());
  RADDLE_BOOST("_ZN5boost6fibers9scheduler12sleep2ready_Ev", void(scheduler*))(this);
  raddle::harness::is_on_virtual_clock = false;
}

// --- Start ---

void fiber::start_() noexcept {
  constexpr const char* kName = "_ZN5boost6fibers5fiber6start_Ev";
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_BOOST(kName, void(fiber*))(this);
  drop_calls_of_fiber(*self, *static_cast<std::uintptr_t*>(__builtin_frame_address(0)) + 16);
  context::active();
  Thread& thread = create_thread(*self, *impl_, RADDLE_PC);
  if (impl_->get_policy() != launch::dispatch) return RADDLE_BOOST(kName, void(fiber*))(this);
  // It runs at once; we are ready again as soon as it does.
  const Intent intent(*self, waiting_for(EventKind::Yield, RADDLE_PC));
  runtime->engine.unmount(*self);
  runtime->engine.mount(thread);
  raddle::harness::enter(thread);
  RADDLE_BOOST(kName, void(fiber*))(this);
}

// --- End ---

boost::context::fiber context::terminate() noexcept {
  // Wakes those who join it. Set back as soon as that is done: nothing on this stack is destroyed.
  raddle::harness::set_quiet_waking(true);
  return RADDLE_BOOST("_ZN5boost6fibers7context9terminateEv",
                      boost::context::fiber(context*))(this);
}

boost::context::fiber scheduler::terminate(detail::spinlock_lock& lock, context* fiber) noexcept {
  raddle::harness::set_quiet_waking(false);
  if (Thread* self = current_thread) runtime->engine.end_fiber(*self);
  return RADDLE_BOOST(
      "_ZN5boost6fibers9scheduler9terminateERSt11unique_lockINS0_6detail13spinlock_ttasEEPNS0_"
      "7contextE",
      boost::context::fiber(scheduler*, detail::spinlock_lock&, context*))(this, lock, fiber);
}

void context::join() {
  constexpr const char* kName = "_ZN5boost6fibers7context4joinEv";
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_BOOST(kName, void(context*))(this);
  auto& engine = runtime->engine;
  const auto pc = RADDLE_PC;
  if (is_context(type::dispatcher_context)) {
    // The thread ends, and waits for fibers that nobody has joined.
    const Intent intent(*self, waiting_for(EventKind::Resume, pc));
    RADDLE_BOOST(kName, void(context*))(this);
    // The dispatcher, on its end, has come straight back.
    current_thread = self;
    if (self->is_unmounted) engine.mount(*self);
    return;
  }
  Thread& target = raddle::harness::thread_of(*this);
  {
    Operation operation = waiting_for(EventKind::ThreadJoin, pc);
    operation.target = target.id;
    // An ending fiber has it while the program's own cleanup runs.
    raddle::harness::await_spin_lock(*self, reinterpret_cast<std::uintptr_t>(&splk_), pc);
    const Intent intent(*self, operation);
    RADDLE_BOOST(kName, void(context*))(this);
  }
  ++self->events;
  engine.took_effect(*self, EventKind::ThreadJoin, 0, index(target.id), 0, pc);
}

// Whoever lets go of a fiber last runs the rest of its stack, on which nobody is: see
// raddle_destroy_context.
void fiber::join() {
  Thread* self = current_thread;
  RADDLE_BOOST("_ZN5boost6fibers5fiber4joinEv", void(fiber*))(this);
  current_thread = self;
}

void fiber::detach() {
  Thread* self = current_thread;
  RADDLE_BOOST("_ZN5boost6fibers5fiber6detachEv", void(fiber*))(this);
  current_thread = self;
}

}  // namespace boost::fibers

// context::~context. Not written as a destructor: that would destroy the members twice.
extern "C" __attribute__((visibility("default"))) void raddle_destroy_context(context* fiber) asm(
    "_ZN5boost6fibers7contextD2Ev");
void raddle_destroy_context(context* fiber) {
  // fiber::join and fiber::detach come back to the thread that called them.
  if (fiber->is_context(boost::fibers::type::worker_context)) {
    current_thread = nullptr;
    note_stack_is_gone(*fiber);
  }
  RADDLE_BOOST("_ZN5boost6fibers7contextD2Ev", void(context*))(fiber);
}
