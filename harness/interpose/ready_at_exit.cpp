// std::promise::set_value_at_thread_exit. libstdc++.so makes the future ready when the thread
// ends, by an atomic of its own that nobody instruments; without the order that it
// gives, what the thread did before would look like a race with who gets the value.

#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <cstdint>
#include <cstring>
#include <memory>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::MemoryOrder;

// libstdc++'s std::__future_base::_State_baseV2::_Make_ready: an element of the list of what
// is to be done when the thread ends.
struct MakeReady {
  void* next;
  void (*callback)(void*);
  std::weak_ptr<char> state;  // of the future: virtual table, result, status
};
constexpr std::uintptr_t kStatusOffset = 16;

void publish(void* argument) {
  const auto& ready = *static_cast<const MakeReady*>(argument);
  if (ready.state.expired()) return;
  raddle::scheduler::Event event;
  event.kind = EventKind::AtomicStore;
  event.order = MemoryOrder::Release;
  event.thread = current_thread->id;
  event.size = sizeof(unsigned);
  event.step = runtime->engine.step(*current_thread);
  std::uintptr_t state = 0;
  std::memcpy(&state, &ready.state, sizeof(state));  // the first word of a weak_ptr
  event.address = state + kStatusOffset;
  event.value = 1;
  runtime->on_event(event);
}

}  // namespace

// void std::__future_base::_State_baseV2::_Make_ready::_M_set()
extern "C" __attribute__((visibility("default"))) void
_ZNSt13__future_base13_State_baseV211_Make_ready6_M_setEv(void* self) {
  using Set = void(void*);
  static constinit Set* cache = nullptr;
  raddle::interpose::resolve(cache,
                             "_ZNSt13__future_base13_State_baseV211_Make_ready6_M_setEv")(self);
  if (current_thread == nullptr) return;
  // The first registered runs last: after the destructors of thread-local variables.
  auto& handlers = current_thread->exit_handlers;
  const raddle::harness::RuntimeScope scope;
  handlers.insert(handlers.begin(), {publish, self});
}
