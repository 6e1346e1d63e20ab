// Lets weak compare-exchanges fail in code that Clang compiles: to be included before anything
// else, by the flag
//
//   -include raddle/weak_exchange.h
//
// Clang tells the runtime of a compare_exchange_weak as it tells it of a compare_exchange_strong,
// and takes it to have succeeded if what it found is what was expected. So it cannot be made to
// fail (RADDLE_WEAK_FAILURES) unless it is called by another name. GCC does so by itself, but not
// for 16 bytes. For C and for C++.
#pragma once

// In raddle's library. As __atomic_compare_exchange, of a weak one.
#ifdef __cplusplus
extern "C" bool raddle_weak_exchange(__SIZE_TYPE__ size, volatile void* object, void* expected,
                                     const void* desired, int order, int failure_order);
#else
_Bool raddle_weak_exchange(__SIZE_TYPE__ size, volatile void* object, void* expected,
                           const void* desired, int order, int failure_order);
#endif

// A name that is being expanded is not expanded again: where it is not weak, the builtin is called.
#define __atomic_compare_exchange_n(object, expected, desired, weak, order, failure_order) \
  ((weak) ? RADDLE_WEAK_EXCHANGE(object, expected, desired, order, failure_order)          \
          : __atomic_compare_exchange_n(object, expected, desired, 0, order, failure_order))
#define __atomic_compare_exchange(object, expected, desired, weak, order, failure_order)  \
  ((weak) ? raddle_weak_exchange(sizeof(*(object)), (volatile void*)(object), (expected), \
                                 (desired), (int)(order), (int)(failure_order))           \
          : __atomic_compare_exchange(object, expected, desired, 0, order, failure_order))
// Of Clang, for <stdatomic.h>.
#define __c11_atomic_compare_exchange_weak(object, expected, desired, order, failure_order) \
  RADDLE_WEAK_EXCHANGE(object, expected, desired, order, failure_order)

#define RADDLE_WEAK_EXCHANGE(object, expected, desired, order, failure_order)          \
  __extension__({                                                                      \
    __typeof__(*(expected)) raddle_desired = (desired);                                \
    raddle_weak_exchange(sizeof(raddle_desired), (volatile void*)(object), (expected), \
                         &raddle_desired, (int)(order), (int)(failure_order));         \
  })
