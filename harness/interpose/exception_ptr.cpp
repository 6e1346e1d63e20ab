// std::exception_ptr counts its references with atomics inside libstdc++.so, which nobody
// instruments. The last owner destroys the exception; without the order that the
// count gives, that would look like a race with those who looked at it before.

#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <cstdint>
#include <exception>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;

// std::__exception_ptr::exception_ptr holds one pointer, to the exception.
std::uintptr_t exception_of(const void* self) { return *static_cast<const std::uintptr_t*>(self); }

}  // namespace

// void std::__exception_ptr::exception_ptr::_M_release()
extern "C" __attribute__((visibility("default"))) void
_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv(void* self) noexcept {
  using Release = void(void*);
  static constinit Release* cache = nullptr;
  auto* release =
      raddle::interpose::resolve(cache, "_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv");
  const std::uintptr_t exception = exception_of(self);
  if (current_thread != nullptr && exception != 0) {
    runtime->note(*current_thread, EventKind::Release, exception, 0, RADDLE_PC);
    runtime->note(*current_thread, EventKind::Acquire, exception, 0, RADDLE_PC);
  }
  release(self);
}
