// The ThreadSanitizer compiler interface: what code compiled with -fsanitize=thread calls.
// Names and signatures are LLVM's compiler-rt/lib/tsan/rtl/tsan_interface.h
// and tsan_interface_atomic.h (Clang 14 to 22; GCC 12 uses the same).

#include "harness/interpose/atomics.hpp"
#include "harness/interpose/instrumented.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <cstdint>
#include <cstring>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::Thread;

using raddle::interpose::atomic_change;
using raddle::interpose::atomic_compare_exchange;
using raddle::interpose::atomic_load;
using raddle::interpose::atomic_store;
using raddle::interpose::Exchange;
using raddle::interpose::order_of;
using raddle::interpose::u128;
using raddle::interpose::u16;
using raddle::interpose::u32;
using raddle::interpose::u64;
using raddle::interpose::u8;

inline __attribute__((always_inline)) void access(const volatile void* address, u32 size,
                                                  bool is_write, std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  runtime->access(*self, reinterpret_cast<std::uintptr_t>(address), size, is_write, pc);
}

template <u32 kSize>
inline __attribute__((always_inline)) void read(const volatile void* address, std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  runtime->access<false, kSize>(*self, reinterpret_cast<std::uintptr_t>(address), pc);
}
template <u32 kSize>
inline __attribute__((always_inline)) void write(const volatile void* address, std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  runtime->access<true, kSize>(*self, reinterpret_cast<std::uintptr_t>(address), pc);
}

}  // namespace

#define RADDLE_ABI extern "C" __attribute__((visibility("default")))

// --- Modules and functions ---

RADDLE_ABI void __tsan_init() { raddle::interpose::note_instrumented_module(RADDLE_PC); }

RADDLE_ABI void __tsan_func_entry(void* call_pc) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  runtime->note_instrumented_code();
  raddle::harness::Recorder* recorder = runtime->recorder();
  if (recorder == nullptr) [[likely]]
    return;
  // Our caller's frame pointer; its canonical frame address lies above the
  // saved frame pointer and the return address.
  const auto frame = *static_cast<std::uintptr_t*>(__builtin_frame_address(0)) + 16;
  recorder->enter(*self, reinterpret_cast<std::uintptr_t>(call_pc), frame);
}

RADDLE_ABI void __tsan_func_exit() {
  Thread* self = current_thread;
  if (self == nullptr) return;
  raddle::harness::Recorder* recorder = runtime->recorder();
  if (recorder == nullptr) [[likely]]
    return;
  recorder->leave(*self);
}

// --- Plain accesses ---

#define RADDLE_ACCESSES(size)                                                                   \
  RADDLE_ABI void __tsan_read##size(void* p) { read<size>(p, RADDLE_PC); }                      \
  RADDLE_ABI void __tsan_write##size(void* p) { write<size>(p, RADDLE_PC); }                    \
  RADDLE_ABI void __tsan_unaligned_read##size(void* p) { read<size>(p, RADDLE_PC); }            \
  RADDLE_ABI void __tsan_unaligned_write##size(void* p) { write<size>(p, RADDLE_PC); }          \
  RADDLE_ABI void __tsan_volatile_read##size(void* p) { read<size>(p, RADDLE_PC); }             \
  RADDLE_ABI void __tsan_volatile_write##size(void* p) { write<size>(p, RADDLE_PC); }           \
  RADDLE_ABI void __tsan_unaligned_volatile_read##size(void* p) { read<size>(p, RADDLE_PC); }   \
  RADDLE_ABI void __tsan_unaligned_volatile_write##size(void* p) { write<size>(p, RADDLE_PC); } \
  RADDLE_ABI void __tsan_read_write##size(void* p) {                                            \
    read<size>(p, RADDLE_PC);                                                                   \
    write<size>(p, RADDLE_PC);                                                                  \
  }                                                                                             \
  RADDLE_ABI void __tsan_unaligned_read_write##size(void* p) {                                  \
    read<size>(p, RADDLE_PC);                                                                   \
    write<size>(p, RADDLE_PC);                                                                  \
  }                                                                                             \
  RADDLE_ABI void __tsan_read##size##_pc(void* p, void* pc) {                                   \
    read<size>(p, reinterpret_cast<std::uintptr_t>(pc));                                        \
  }                                                                                             \
  RADDLE_ABI void __tsan_write##size##_pc(void* p, void* pc) {                                  \
    write<size>(p, reinterpret_cast<std::uintptr_t>(pc));                                       \
  }

RADDLE_ACCESSES(1)
RADDLE_ACCESSES(2)
RADDLE_ACCESSES(4)
RADDLE_ACCESSES(8)
RADDLE_ACCESSES(16)

namespace {

// Longer than 32 bits can say: in pieces.
void access_range(void* p, unsigned long size, bool is_write, std::uintptr_t pc) {
  constexpr unsigned long kPiece = 1ul << 30;
  auto* bytes = static_cast<char*>(p);
  for (; size > kPiece; size -= kPiece, bytes += kPiece) access(bytes, kPiece, is_write, pc);
  if (size != 0) access(bytes, static_cast<u32>(size), is_write, pc);
}

}  // namespace

RADDLE_ABI void __tsan_read_range(void* p, unsigned long size) {
  access_range(p, size, false, RADDLE_PC);
}
RADDLE_ABI void __tsan_write_range(void* p, unsigned long size) {
  access_range(p, size, true, RADDLE_PC);
}
RADDLE_ABI void __tsan_read_range_pc(void* p, unsigned long size, void* pc) {
  access_range(p, size, false, reinterpret_cast<std::uintptr_t>(pc));
}
RADDLE_ABI void __tsan_write_range_pc(void* p, unsigned long size, void* pc) {
  access_range(p, size, true, reinterpret_cast<std::uintptr_t>(pc));
}

// A constructor or destructor sets the object's virtual table. One that sets it to what it
// was races with nobody who reads it. It is an event all the same: what a constructor finds
// there is left from whatever had the memory before, and must not decide how many events
// an execution has.
RADDLE_ABI void __tsan_vptr_update(void** vptr, void* value) {
  Thread* self = current_thread;
  if (self == nullptr) return;
  const bool changes = *vptr != value;
  runtime->access(*self, reinterpret_cast<std::uintptr_t>(vptr), sizeof(void*), true, RADDLE_PC,
                  changes);
}
RADDLE_ABI void __tsan_vptr_read(void** vptr) { read<sizeof(void*)>(vptr, RADDLE_PC); }

// --- Memory functions that the compiler emits (Clang 15 and newer) ---

RADDLE_ABI void* __tsan_memcpy(void* to, const void* from, unsigned long size) {
  access_range(const_cast<void*>(from), size, false, RADDLE_PC);
  access_range(to, size, true, RADDLE_PC);
  return RADDLE_REAL(memcpy)(to, from, size);
}
RADDLE_ABI void* __tsan_memmove(void* to, const void* from, unsigned long size) {
  access_range(const_cast<void*>(from), size, false, RADDLE_PC);
  access_range(to, size, true, RADDLE_PC);
  return RADDLE_REAL(memmove)(to, from, size);
}
RADDLE_ABI void* __tsan_memset(void* to, int value, unsigned long size) {
  access_range(to, size, true, RADDLE_PC);
  return RADDLE_REAL(memset)(to, value, size);
}

// --- Atomics ---

#define RADDLE_ATOMICS(bits, T)                                                                    \
  RADDLE_ABI T __tsan_atomic##bits##_load(const volatile T* a, int order) {                        \
    return atomic_load(a, order, RADDLE_PC);                                                       \
  }                                                                                                \
  RADDLE_ABI void __tsan_atomic##bits##_store(volatile T* a, T value, int order) {                 \
    atomic_store(a, value, order, RADDLE_PC);                                                      \
  }                                                                                                \
  RADDLE_ABI T __tsan_atomic##bits##_exchange(volatile T* a, T value, int order) {                 \
    return atomic_change(a, order, RADDLE_PC, [=](T) { return value; });                           \
  }                                                                                                \
  RADDLE_ABI T __tsan_atomic##bits##_fetch_add(volatile T* a, T value, int order) {                \
    return atomic_change(a, order, RADDLE_PC, [=](T old) { return static_cast<T>(old + value); }); \
  }                                                                                                \
  RADDLE_ABI T __tsan_atomic##bits##_fetch_sub(volatile T* a, T value, int order) {                \
    return atomic_change(a, order, RADDLE_PC, [=](T old) { return static_cast<T>(old - value); }); \
  }                                                                                                \
  RADDLE_ABI T __tsan_atomic##bits##_fetch_and(volatile T* a, T value, int order) {                \
    return atomic_change(a, order, RADDLE_PC, [=](T old) { return static_cast<T>(old & value); }); \
  }                                                                                                \
  RADDLE_ABI T __tsan_atomic##bits##_fetch_or(volatile T* a, T value, int order) {                 \
    return atomic_change(a, order, RADDLE_PC, [=](T old) { return static_cast<T>(old | value); }); \
  }                                                                                                \
  RADDLE_ABI T __tsan_atomic##bits##_fetch_xor(volatile T* a, T value, int order) {                \
    return atomic_change(a, order, RADDLE_PC, [=](T old) { return static_cast<T>(old ^ value); }); \
  }                                                                                                \
  RADDLE_ABI T __tsan_atomic##bits##_fetch_nand(volatile T* a, T value, int order) {               \
    return atomic_change(a, order, RADDLE_PC,                                                      \
                         [=](T old) { return static_cast<T>(~(old & value)); });                   \
  }                                                                                                \
  RADDLE_ABI int __tsan_atomic##bits##_compare_exchange_strong(                                    \
      volatile T* a, T* expected, T desired, int order, int failure_order) {                       \
    return atomic_compare_exchange<Exchange::Strong>(a, *expected, desired, order, failure_order,  \
                                                     RADDLE_PC);                                   \
  }                                                                                                \
  RADDLE_ABI int __tsan_atomic##bits##_compare_exchange_weak(                                      \
      volatile T* a, T* expected, T desired, int order, int failure_order) {                       \
    return atomic_compare_exchange<Exchange::Weak>(a, *expected, desired, order, failure_order,    \
                                                   RADDLE_PC);                                     \
  }                                                                                                \
  RADDLE_ABI T __tsan_atomic##bits##_compare_exchange_val(volatile T* a, T expected, T desired,    \
                                                          int order, int failure_order) {          \
    atomic_compare_exchange<Exchange::Untold>(a, expected, desired, order, failure_order,          \
                                              RADDLE_PC);                                          \
    return expected;                                                                               \
  }

RADDLE_ATOMICS(8, u8)
RADDLE_ATOMICS(16, u16)
RADDLE_ATOMICS(32, u32)
RADDLE_ATOMICS(64, u64)
RADDLE_ATOMICS(128, u128)

RADDLE_ABI void __tsan_atomic_thread_fence(int order) {
  Thread* self = current_thread;
  if (self == nullptr) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return;
  }
  // Under sequential consistency a fence changes nothing that others could
  // see: it matters to the detector and is no scheduling point.
  ++self->events;
  runtime->engine.took_effect(*self, EventKind::Fence, 0, 0, 0, RADDLE_PC, order_of(order));
}
// Orders a thread with its own signal handlers: nothing between threads.
RADDLE_ABI void __tsan_atomic_signal_fence(int) {}
