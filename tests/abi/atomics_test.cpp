// Calls of the compiler's functions for atomics, of every size: what each does, and that it is
// atomic.
#include <raddle/gtest.hpp>

#include <cstdint>
#include <thread>

namespace {

__extension__ using u128 = unsigned __int128;
constexpr int kSeqCst = 5;

template <class T>
struct Calls;

#define RADDLE_CALLS(bits, T)                                                        \
  extern "C" {                                                                       \
  T load##bits(const volatile T *, int) __asm__("__tsan_atomic" #bits "_load");      \
  void store##bits(volatile T *, T, int) __asm__("__tsan_atomic" #bits "_store");    \
  T exchange##bits(volatile T *, T, int) __asm__("__tsan_atomic" #bits "_exchange"); \
  T add##bits(volatile T *, T, int) __asm__("__tsan_atomic" #bits "_fetch_add");     \
  T sub##bits(volatile T *, T, int) __asm__("__tsan_atomic" #bits "_fetch_sub");     \
  T and##bits(volatile T *, T, int) __asm__("__tsan_atomic" #bits "_fetch_and");     \
  T or ##bits(volatile T *, T, int) __asm__("__tsan_atomic" #bits "_fetch_or");      \
  T xor ##bits(volatile T *, T, int) __asm__("__tsan_atomic" #bits "_fetch_xor");    \
  T nand##bits(volatile T *, T, int) __asm__("__tsan_atomic" #bits "_fetch_nand");   \
  int strong##bits(volatile T *, T *, T, int,                                        \
                   int) __asm__("__tsan_atomic" #bits "_compare_exchange_strong");   \
  int weak##bits(volatile T *, T *, T, int,                                          \
                 int) __asm__("__tsan_atomic" #bits "_compare_exchange_weak");       \
  T val##bits(volatile T *, T, T, int,                                               \
              int) __asm__("__tsan_atomic" #bits "_compare_exchange_val");           \
  }                                                                                  \
  template <>                                                                        \
  struct Calls<T> {                                                                  \
    static constexpr auto load = load##bits;                                         \
    static constexpr auto store = store##bits;                                       \
    static constexpr auto exchange = exchange##bits;                                 \
    static constexpr auto add = add##bits;                                           \
    static constexpr auto sub = sub##bits;                                           \
    static constexpr auto bit_and = and##bits;                                       \
    static constexpr auto bit_or = or ##bits;                                        \
    static constexpr auto bit_xor = xor##bits;                                       \
    static constexpr auto nand = nand##bits;                                         \
    static constexpr auto strong = strong##bits;                                     \
    static constexpr auto weak = weak##bits;                                         \
    static constexpr auto val = val##bits;                                           \
  };
RADDLE_CALLS(8, std::uint8_t)
RADDLE_CALLS(16, std::uint16_t)
RADDLE_CALLS(32, std::uint32_t)
RADDLE_CALLS(64, std::uint64_t)
RADDLE_CALLS(128, u128)

template <class T>
class CompilerAbiAtomic : public testing::Test {};
using Types = testing::Types<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, u128>;
TYPED_TEST_SUITE(CompilerAbiAtomic, Types);

// The top byte and the bottom one, so that a narrower operation would be noticed.
template <class T>
constexpr T both_ends(unsigned n) {
  return static_cast<T>(u128{n} << (8 * (sizeof(T) - 1)) | n);
}

template <class T>
void check_each() {
  using C = Calls<T>;
  const T start = both_ends<T>(0x35), other = both_ends<T>(0x0f);
  alignas(16) T object = start;
  const auto is = [&](T result, T expected_result, T expected_object) {
    EXPECT_TRUE(result == expected_result);
    EXPECT_TRUE(object == expected_object);
    object = start;
  };
  is(C::load(&object, kSeqCst), start, start);
  C::store(&object, other, kSeqCst);
  is(0, 0, other);
  is(C::exchange(&object, other, kSeqCst), start, other);
  is(C::add(&object, other, kSeqCst), start, static_cast<T>(start + other));
  is(C::sub(&object, other, kSeqCst), start, static_cast<T>(start - other));
  is(C::bit_and(&object, other, kSeqCst), start, static_cast<T>(start & other));
  is(C::bit_or(&object, other, kSeqCst), start, static_cast<T>(start | other));
  is(C::bit_xor(&object, other, kSeqCst), start, static_cast<T>(start ^ other));
  is(C::nand(&object, other, kSeqCst), start, static_cast<T>(~(start & other)));
  is(C::val(&object, start, other, kSeqCst, kSeqCst), start, other);
  is(C::val(&object, other, other, kSeqCst, kSeqCst), start, start);
  for (const auto exchange : {C::strong, C::weak}) {
    T expected = start;
    EXPECT_EQ(exchange(&object, &expected, other, kSeqCst, kSeqCst), 1);
    is(expected, start, other);
    expected = other;
    EXPECT_EQ(exchange(&object, &expected, other, kSeqCst, kSeqCst), 0);
    is(expected, start, start);
  }
}

TYPED_TEST(CompilerAbiAtomic, DoesWhatItSays) { check_each<TypeParam>(); }

TYPED_TEST(CompilerAbiAtomic, DoesWhatItSaysUnderTest) {
  EXPECT_THAT(raddle::explore(check_each<TypeParam>), raddle::FindsNothing());
}

TYPED_TEST(CompilerAbiAtomic, LosesNoUpdateAndPublishes) {
  EXPECT_THAT(raddle::explore([] {
                using C = Calls<TypeParam>;
                alignas(16) TypeParam object = 0;
                int data = 0;
                auto increment = [&](int me) {
                  if (me == 0) data = 1;
                  if (C::add(&object, static_cast<TypeParam>(1 + me), kSeqCst) == 1) {
                    EXPECT_EQ(data, 1);
                  }
                };
                std::thread a{increment, 0}, b{increment, 1};
                a.join();
                b.join();
                EXPECT_TRUE(object == 3);
              }),
              raddle::FindsNothing());
}

}  // namespace
