// The functions of libatomic, which compilers call for atomics that they do not make
// instructions of: of 16 bytes, and of any size that no register has. Its library is not
// instrumented, so that what it does would not be seen.
// Names and signatures: https://gcc.gnu.org/wiki/Atomic/GCCMM/LIbrary

#include "harness/interpose/atomics.hpp"
#include "harness/interpose/real.hpp"

#include <cstddef>
#include <cstring>

namespace {

using namespace raddle::interpose;  // NOLINT: this file is a list of names for them

// Real threads of the program may use the same object; the bytes of one that is larger
// than any instruction are moved under this lock.
constinit bool is_moving = false;
class Moving {
 public:
  Moving() {
    while (__atomic_test_and_set(&is_moving, __ATOMIC_ACQUIRE)) {
    }
  }
  ~Moving() { __atomic_clear(&is_moving, __ATOMIC_RELEASE); }
  Moving(const Moving&) = delete;
  Moving& operator=(const Moving&) = delete;
};

// What an event tells of a value: its first eight bytes.
u64 beginning(const void* bytes, std::size_t size) {
  u64 value = 0;
  std::memcpy(&value, bytes, size < sizeof(value) ? size : sizeof(value));
  return value;
}

// A visible operation on `size` bytes. `apply` does it and returns what it turned
// out to be and the values to tell; it runs when the thread is chosen.
struct Outcome {
  EventKind kind;
  u64 value;
  u64 extra;
  int order;
};
template <typename Apply>
void operate(EventKind kind, std::size_t size, const volatile void* object, int order,
             std::uintptr_t pc, Apply apply, bool is_conditional = false) {
  const auto address = reinterpret_cast<std::uintptr_t>(object);
  Thread* self = current_thread;
  if (self != nullptr) {
    runtime->engine.announce(*self, kind, order_of(order), address, pc, is_conditional);
  }
  Outcome outcome;
  {
    const Moving moving;
    outcome = apply();
  }
  if (self == nullptr) return;
  runtime->engine.took_effect(*self, outcome.kind, address, outcome.value, outcome.extra, pc,
                              order_of(outcome.order), static_cast<u32>(size));
}

// Calls `use` with an integer of `size` bytes if `object` is as one of them would lie.
template <typename Use>
bool as_integer(std::size_t size, const volatile void* object, Use use) {
  if (reinterpret_cast<std::uintptr_t>(object) % (size != 0 ? size : 1) != 0) return false;
  switch (size) {
    case 1: use(u8{}); return true;
    case 2: use(u16{}); return true;
    case 4: use(u32{}); return true;
    case 8: use(u64{}); return true;
    case 16: use(u128{}); return true;
    default: return false;
  }
}

template <typename T>
T value_at(const void* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

void load(std::size_t size, void* object, void* out, int order, std::uintptr_t pc) {
  const bool is_done = as_integer(size, object, [&](auto type) {
    using T = decltype(type);
    const T value = atomic_load(static_cast<T*>(object), order, pc);
    std::memcpy(out, &value, sizeof(T));
  });
  if (is_done) return;
  operate(EventKind::AtomicLoad, size, object, order, pc, [&]() -> Outcome {
    std::memcpy(out, object, size);
    return {EventKind::AtomicLoad, beginning(out, size), 0, order};
  });
}

void store(std::size_t size, void* object, const void* value, int order, std::uintptr_t pc) {
  const bool is_done = as_integer(size, object, [&](auto type) {
    using T = decltype(type);
    atomic_store(static_cast<T*>(object), value_at<T>(value), order, pc);
  });
  if (is_done) return;
  operate(EventKind::AtomicStore, size, object, order, pc, [&]() -> Outcome {
    std::memcpy(object, value, size);
    return {EventKind::AtomicStore, beginning(value, size), 0, order};
  });
}

void exchange(std::size_t size, void* object, const void* value, void* out, int order,
              std::uintptr_t pc) {
  const bool is_done = as_integer(size, object, [&](auto type) {
    using T = decltype(type);
    const T wanted = value_at<T>(value);
    const T old = atomic_change(static_cast<T*>(object), order, pc, [=](T) { return wanted; });
    std::memcpy(out, &old, sizeof(T));
  });
  if (is_done) return;
  operate(EventKind::AtomicRmw, size, object, order, pc, [&]() -> Outcome {
    std::memcpy(out, object, size);
    std::memcpy(object, value, size);
    return {EventKind::AtomicRmw, beginning(value, size), beginning(out, size), order};
  });
}

template <Exchange kExchange>
bool compare_exchange(std::size_t size, volatile void* object, void* expected, const void* desired,
                      int order, int failure_order, std::uintptr_t pc) {
  bool is_equal = false;
  const bool is_done = as_integer(size, object, [&](auto type) {
    using T = decltype(type);
    T value = value_at<T>(expected);
    is_equal = atomic_compare_exchange<kExchange>(static_cast<volatile T*>(object), value,
                                                  value_at<T>(desired), order, failure_order, pc);
    std::memcpy(expected, &value, sizeof(T));
  });
  if (is_done) return is_equal;
  auto* const bytes = const_cast<void*>(object);
  operate(
      EventKind::AtomicRmw, size, object, order, pc,
      [&]() -> Outcome {
        const u64 old = beginning(bytes, size);
        const u64 wanted = beginning(expected, size);
        is_equal = std::memcmp(bytes, expected, size) == 0;
        if (!is_equal) {
          std::memcpy(expected, bytes, size);
          return {EventKind::AtomicCompareFailed, old, wanted, failure_order};
        }
        if (Thread* self = current_thread; self != nullptr) {
          if (kExchange == Exchange::Weak && runtime->engine.fails_weakly(*self)) {
            is_equal = false;
            return {EventKind::AtomicWeakFailed, old, wanted, failure_order};
          }
          if (kExchange == Exchange::Untold && runtime->engine.has_weak_failures()) {
            runtime->note_untold_exchange(pc);
          }
        }
        std::memcpy(bytes, desired, size);
        return {EventKind::AtomicRmw, beginning(desired, size), old, order};
      },
      true);
  return is_equal;
}

}  // namespace

// The names belong to the compiler, which would not let them be defined; the linker does.
#define RADDLE_LIBATOMIC(result, ours, theirs, parameters)                                  \
  extern "C" __attribute__((visibility("default"))) result ours parameters __asm__(theirs); \
  result ours parameters

RADDLE_LIBATOMIC(void, raddle_atomic_load, "__atomic_load",
                 (std::size_t size, void* object, void* out, int order)) {
  load(size, object, out, order, RADDLE_PC);
}
RADDLE_LIBATOMIC(void, raddle_atomic_store, "__atomic_store",
                 (std::size_t size, void* object, void* value, int order)) {
  store(size, object, value, order, RADDLE_PC);
}
RADDLE_LIBATOMIC(void, raddle_atomic_exchange, "__atomic_exchange",
                 (std::size_t size, void* object, void* value, void* out, int order)) {
  exchange(size, object, value, out, order, RADDLE_PC);
}
RADDLE_LIBATOMIC(bool, raddle_atomic_compare_exchange, "__atomic_compare_exchange",
                 (std::size_t size, void* object, void* expected, void* desired, int order,
                  int failure_order)) {
  return compare_exchange<Exchange::Untold>(size, object, expected, desired, order, failure_order,
                                            RADDLE_PC);
}
// What <raddle/weak_exchange.h> calls.
extern "C" __attribute__((visibility("default"))) bool raddle_weak_exchange(
    std::size_t size, volatile void* object, void* expected, const void* desired, int order,
    int failure_order) {
  return compare_exchange<Exchange::Weak>(size, object, expected, desired, order, failure_order,
                                          RADDLE_PC);
}
RADDLE_LIBATOMIC(bool, raddle_atomic_is_lock_free, "__atomic_is_lock_free",
                 (std::size_t size, void* object)) {
  return as_integer(size, object, [](auto) {});
}

#define RADDLE_LIBATOMIC_FETCH(bytes, T, operation, change)                                     \
  RADDLE_LIBATOMIC(T, raddle_atomic_fetch_##operation##_##bytes,                                \
                   "__atomic_fetch_" #operation "_" #bytes, (T * object, T value, int order)) { \
    const auto apply = [=](T old) { return static_cast<T>(change); };                           \
    return atomic_change(object, order, RADDLE_PC, apply);                                      \
  }                                                                                             \
  RADDLE_LIBATOMIC(T, raddle_atomic_##operation##_fetch_##bytes,                                \
                   "__atomic_" #operation "_fetch_" #bytes, (T * object, T value, int order)) { \
    const auto apply = [=](T old) { return static_cast<T>(change); };                           \
    return apply(atomic_change(object, order, RADDLE_PC, apply));                               \
  }

#define RADDLE_LIBATOMIC_SIZE(bytes, T)                                                   \
  RADDLE_LIBATOMIC(T, raddle_atomic_load_##bytes, "__atomic_load_" #bytes,                \
                   (const T* object, int order)) {                                        \
    return atomic_load(object, order, RADDLE_PC);                                         \
  }                                                                                       \
  RADDLE_LIBATOMIC(void, raddle_atomic_store_##bytes, "__atomic_store_" #bytes,           \
                   (T * object, T value, int order)) {                                    \
    atomic_store(object, value, order, RADDLE_PC);                                        \
  }                                                                                       \
  RADDLE_LIBATOMIC(T, raddle_atomic_exchange_##bytes, "__atomic_exchange_" #bytes,        \
                   (T * object, T value, int order)) {                                    \
    return atomic_change(object, order, RADDLE_PC, [=](T) { return value; });             \
  }                                                                                       \
  RADDLE_LIBATOMIC(bool, raddle_atomic_compare_exchange_##bytes,                          \
                   "__atomic_compare_exchange_" #bytes,                                   \
                   (T * object, T * expected, T desired, int order, int failure_order)) { \
    return atomic_compare_exchange<Exchange::Untold>(object, *expected, desired, order,   \
                                                     failure_order, RADDLE_PC);           \
  }                                                                                       \
  RADDLE_LIBATOMIC_FETCH(bytes, T, add, old + value)                                      \
  RADDLE_LIBATOMIC_FETCH(bytes, T, sub, old - value)                                      \
  RADDLE_LIBATOMIC_FETCH(bytes, T, and, old& value)                                       \
  RADDLE_LIBATOMIC_FETCH(bytes, T, or, old | value)                                       \
  RADDLE_LIBATOMIC_FETCH(bytes, T, xor, old ^ value)                                      \
  RADDLE_LIBATOMIC_FETCH(bytes, T, nand, ~(old & value))

RADDLE_LIBATOMIC_SIZE(1, u8)
RADDLE_LIBATOMIC_SIZE(2, u16)
RADDLE_LIBATOMIC_SIZE(4, u32)
RADDLE_LIBATOMIC_SIZE(8, u64)
RADDLE_LIBATOMIC_SIZE(16, u128)
