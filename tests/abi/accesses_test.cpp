// Calls of the compiler's functions for plain memory, one by one: each is an access of so many
// bytes that two threads must not make at once.
#include <raddle/gtest.hpp>

#include <cstring>
#include <ostream>
#include <thread>

namespace {

using Access = void (*)(void*);

#define RADDLE_FUNCTIONS(size)                         \
  RADDLE_DECLARE(__tsan_read##size)                    \
  RADDLE_DECLARE(__tsan_write##size)                   \
  RADDLE_DECLARE(__tsan_read_write##size)              \
  RADDLE_DECLARE(__tsan_unaligned_read##size)          \
  RADDLE_DECLARE(__tsan_unaligned_write##size)         \
  RADDLE_DECLARE(__tsan_unaligned_read_write##size)    \
  RADDLE_DECLARE(__tsan_volatile_read##size)           \
  RADDLE_DECLARE(__tsan_volatile_write##size)          \
  RADDLE_DECLARE(__tsan_unaligned_volatile_read##size) \
  RADDLE_DECLARE(__tsan_unaligned_volatile_write##size)

// Under names of our own, since compilers know these by other types.
#define RADDLE_DECLARE(name) extern "C" void raddle_test_##name(void*) __asm__(#name);
RADDLE_FUNCTIONS(1)
RADDLE_FUNCTIONS(2)
RADDLE_FUNCTIONS(4)
RADDLE_FUNCTIONS(8)
RADDLE_FUNCTIONS(16)
#undef RADDLE_DECLARE

struct Function {
  const char* name;
  Access call;
  std::size_t size;
  bool writes() const { return std::strstr(name, "write") != nullptr; }
  bool is_unaligned() const { return std::strstr(name, "unaligned") != nullptr; }
};
void PrintTo(const Function& function, std::ostream* out) { *out << function.name; }

#define RADDLE_DECLARE(name) {#name, raddle_test_##name, kSize},
template <std::size_t kSize>
struct Functions;
#define RADDLE_FUNCTIONS_OF(size)                               \
  template <>                                                   \
  struct Functions<size> {                                      \
    static constexpr std::size_t kSize = size;                  \
    static constexpr Function all[] = {RADDLE_FUNCTIONS(size)}; \
  };
RADDLE_FUNCTIONS_OF(1)
RADDLE_FUNCTIONS_OF(2)
RADDLE_FUNCTIONS_OF(4)
RADDLE_FUNCTIONS_OF(8)
RADDLE_FUNCTIONS_OF(16)

// Two threads that have nothing to do with each other do these.
template <class First, class Second>
raddle::Report explore_both(First first, Second second) {
  raddle::Options options;
  options.executions = 1'000;
  options.jobs = 1;
  options.minimise = false;
  return raddle::explore(
      [=] {
        // Not known to the compiler as memory that is accessed; so only by the calls.
        auto* memory = static_cast<char*>(::operator new(64));
        std::thread a{[=] { first(memory); }}, b{[=] { second(memory); }};
        a.join();
        b.join();
        ::operator delete(memory);
      },
      options);
}

class CompilerAbiAccess : public testing::TestWithParam<Function> {};

TEST_P(CompilerAbiAccess, RacesWithAWriteOfItsLastByte) {
  const Function function = GetParam();
  const std::size_t at = function.is_unaligned() ? 3 : 0;
  const auto report = explore_both(
      [=](char* memory) { function.call(memory + at); },
      [=](char* memory) { raddle_test___tsan_write1(memory + at + function.size - 1); });
  EXPECT_THAT(report, raddle::FindsRace());
}

TEST_P(CompilerAbiAccess, DoesNotTouchTheByteAfter) {
  const Function function = GetParam();
  const std::size_t at = function.is_unaligned() ? 3 : 0;
  const auto report =
      explore_both([=](char* memory) { function.call(memory + at); },
                   [=](char* memory) { raddle_test___tsan_write1(memory + at + function.size); });
  EXPECT_THAT(report, raddle::FindsNothing());
}

TEST_P(CompilerAbiAccess, RacesWithItselfOnlyIfItWrites) {
  const Function function = GetParam();
  const auto report = explore_both(function.call, function.call);
  if (function.writes()) {
    EXPECT_THAT(report, raddle::FindsRace());
  } else {
    EXPECT_THAT(report, raddle::FindsNothing());
  }
}

std::string name_of(const testing::TestParamInfo<Function>& info) {
  return std::string{info.param.name}.substr(std::strlen("__tsan_"));
}

INSTANTIATE_TEST_SUITE_P(Of1, CompilerAbiAccess, testing::ValuesIn(Functions<1>::all), name_of);
INSTANTIATE_TEST_SUITE_P(Of2, CompilerAbiAccess, testing::ValuesIn(Functions<2>::all), name_of);
INSTANTIATE_TEST_SUITE_P(Of4, CompilerAbiAccess, testing::ValuesIn(Functions<4>::all), name_of);
INSTANTIATE_TEST_SUITE_P(Of8, CompilerAbiAccess, testing::ValuesIn(Functions<8>::all), name_of);
INSTANTIATE_TEST_SUITE_P(Of16, CompilerAbiAccess, testing::ValuesIn(Functions<16>::all), name_of);

}  // namespace
