// The public annotation functions of ThreadSanitizer (sanitizer/tsan_interface.h and the
// dynamic annotations): how a program declares what the instrumentation cannot see.

#include <cstddef>
#include <cstdint>

#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;

void note(EventKind kind, const volatile void* address, std::uintptr_t pc) {
  if (current_thread == nullptr) return;
  runtime->note(*current_thread, kind, reinterpret_cast<std::uintptr_t>(address), 0, pc);
}

void access(const volatile void* address, std::size_t size, bool is_write, std::uintptr_t pc) {
  if (current_thread == nullptr || size == 0) return;
  runtime->access(*current_thread, reinterpret_cast<std::uintptr_t>(address),
                  static_cast<std::uint32_t>(size), is_write, pc);
}

}  // namespace

#define RADDLE_ABI extern "C" __attribute__((visibility("default")))

RADDLE_ABI void __tsan_acquire(void* address) { note(EventKind::Acquire, address, RADDLE_PC); }
RADDLE_ABI void __tsan_release(void* address) { note(EventKind::Release, address, RADDLE_PC); }

RADDLE_ABI void __tsan_external_read(void* address, void*, void*) {
  access(address, 1, false, RADDLE_PC);
}
RADDLE_ABI void __tsan_external_write(void* address, void*, void*) {
  access(address, 1, true, RADDLE_PC);
}

// A mutex of the program's own making tells when it is taken and released. The operations on its
// atomics are scheduled as they are; these add the order between critical sections.
RADDLE_ABI void __tsan_mutex_create(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_destroy(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_lock(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_lock(void* mutex, unsigned flags, int) {
  constexpr unsigned kTryLockFailed = 1u << 5;
  if ((flags & kTryLockFailed) == 0) note(EventKind::Acquire, mutex, RADDLE_PC);
}
RADDLE_ABI int __tsan_mutex_pre_unlock(void* mutex, unsigned) {
  note(EventKind::Release, mutex, RADDLE_PC);
  return 0;
}
RADDLE_ABI void __tsan_mutex_post_unlock(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_signal(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_signal(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_pre_divert(void*, unsigned) {}
RADDLE_ABI void __tsan_mutex_post_divert(void*, unsigned) {}

RADDLE_ABI void AnnotateHappensBefore(const char*, int, const volatile void* address) {
  note(EventKind::Release, address, RADDLE_PC);
}
RADDLE_ABI void AnnotateHappensAfter(const char*, int, const volatile void* address) {
  note(EventKind::Acquire, address, RADDLE_PC);
}
RADDLE_ABI void AnnotateNewMemory(const char*, int, const volatile void* address, std::size_t size) {
  if (current_thread != nullptr) {
    runtime->races.forget(reinterpret_cast<std::uintptr_t>(address), size);
  }
}
