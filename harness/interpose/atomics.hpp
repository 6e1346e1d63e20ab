// Operations on atomics as visible operations: announced, chosen, applied, told to the
// detectors. On other threads than those under test they are just done.
#pragma once

#include "harness/runtime.hpp"
#include "scheduler/thread.hpp"

#include <cstdint>

namespace raddle::interpose {

using harness::runtime;
using scheduler::current_thread;
using scheduler::EventKind;
using scheduler::MemoryOrder;
using scheduler::Thread;

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
__extension__ using u128 = unsigned __int128;

// GCC adds bits for hardware lock elision above the order.
constexpr MemoryOrder order_of(int order) { return static_cast<MemoryOrder>(order & 0x7); }

template <typename T>
std::uintptr_t address_of(const volatile T* object) {
  return reinterpret_cast<std::uintptr_t>(object);
}

// The accesses themselves, for threads that are not under test. Threads under test
// run one at a time, and workers have no other threads: for them plain accesses do.
inline bool compare_exchange_now(volatile u128* object, u128& expected, u128 desired) {
  auto low = static_cast<u64>(expected);
  auto high = static_cast<u64>(expected >> 64);
  bool is_done = false;
  asm volatile("lock cmpxchg16b %1"
               : "=@ccz"(is_done), "+m"(*object), "+a"(low), "+d"(high)
               : "b"(static_cast<u64>(desired)), "c"(static_cast<u64>(desired >> 64))
               : "memory");
  expected = static_cast<u128>(high) << 64 | low;
  return is_done;
}
template <typename T>
bool compare_exchange_now(volatile T* object, T& expected, T desired) {
  return __atomic_compare_exchange_n(object, &expected, desired, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}
template <typename T>
T load_now(const volatile T* from) {
  if constexpr (sizeof(T) <= 8) {
    return __atomic_load_n(from, __ATOMIC_SEQ_CST);
  } else {
    T value = 0;
    compare_exchange_now(const_cast<volatile T*>(from), value, value);
    return value;
  }
}
template <typename T, typename Change>
T change_now(volatile T* object, Change change) {
  T old = load_now(object);
  while (!compare_exchange_now(object, old, change(old))) {
  }
  return old;
}
template <typename T>
void store_now(volatile T* to, T value) {
  change_now(to, [=](T) { return value; });
}

template <typename T>
T atomic_load(const volatile T* object, int order, std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return load_now(object);
  auto& engine = runtime->engine;
  engine.announce(*self, EventKind::AtomicLoad, order_of(order), address_of(object), pc);
  const T value = *object;
  engine.took_effect(*self, EventKind::AtomicLoad, address_of(object), static_cast<u64>(value), 0,
                     pc, order_of(order), sizeof(T));
  if (self->spin.on_read(pc, address_of(object), static_cast<u64>(value))) {
    engine.yield(*self, true);
  }
  return value;
}

template <typename T>
void atomic_store(volatile T* object, T value, int order, std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self == nullptr) return store_now(object, value);
  auto& engine = runtime->engine;
  engine.announce(*self, EventKind::AtomicStore, order_of(order), address_of(object), pc);
  *object = value;
  engine.took_effect(*self, EventKind::AtomicStore, address_of(object), static_cast<u64>(value), 0,
                     pc, order_of(order), sizeof(T));
}

template <typename T, typename Change>
T atomic_change(volatile T* object, int order, std::uintptr_t pc, Change change) {
  Thread* self = current_thread;
  if (self == nullptr) return change_now(object, change);
  auto& engine = runtime->engine;
  engine.announce(*self, EventKind::AtomicRmw, order_of(order), address_of(object), pc);
  const T old = *object;
  const T now = change(old);
  *object = now;
  engine.took_effect(*self, EventKind::AtomicRmw, address_of(object), static_cast<u64>(now),
                     static_cast<u64>(old), pc, order_of(order), sizeof(T));
  if (now == old && self->spin.on_read(pc, address_of(object), static_cast<u64>(old))) {
    engine.yield(*self, true);
  }
  return old;
}

// What the caller says of a compare-exchange.
enum class Exchange {
  Strong,
  Weak,    // it may fail for no reason
  Untold,  // either; it cannot fail if it finds what is expected
};

// Exchanges if the object holds `expected`, which is then what it held.
template <Exchange kExchange, typename T>
bool atomic_compare_exchange(volatile T* object, T& expected, T desired, int order,
                             int failure_order, std::uintptr_t pc) {
  const T wanted = expected;
  Thread* self = current_thread;
  if (self == nullptr) {
    expected = change_now(object, [=](T old) { return old == wanted ? desired : old; });
    return expected == wanted;
  }
  auto& engine = runtime->engine;
  engine.announce(*self, EventKind::AtomicRmw, order_of(order), address_of(object), pc, true);
  const T old = *object;
  expected = old;
  if (old == wanted) {
    if (kExchange == Exchange::Weak && engine.fails_weakly(*self)) [[unlikely]] {
      engine.took_effect(*self, EventKind::AtomicWeakFailed, address_of(object),
                         static_cast<u64>(old), static_cast<u64>(wanted), pc,
                         order_of(failure_order), sizeof(T));
      return false;
    }
    if (kExchange == Exchange::Untold && engine.has_weak_failures()) [[unlikely]] {
      runtime->note_untold_exchange(pc);
    }
    *object = desired;
    engine.took_effect(*self, EventKind::AtomicRmw, address_of(object), static_cast<u64>(desired),
                       static_cast<u64>(old), pc, order_of(order), sizeof(T));
    return true;
  }
  engine.took_effect(*self, EventKind::AtomicCompareFailed, address_of(object),
                     static_cast<u64>(old), static_cast<u64>(wanted), pc, order_of(failure_order),
                     sizeof(T));
  if (self->spin.on_read(pc, address_of(object), static_cast<u64>(old))) engine.yield(*self, true);
  return false;
}

}  // namespace raddle::interpose
