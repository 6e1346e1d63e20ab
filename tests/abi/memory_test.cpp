// Functions for stretches of memory, virtual tables and 128-bit atomics: called directly, or by
// code that makes the compiler call them.
#include <raddle/gtest.hpp>

#include <atomic>
#include <cstring>
#include <thread>

extern "C" {
void __tsan_read_range(void*, unsigned long);
void __tsan_write_range(void*, unsigned long);
void* raddle_test_memcpy(void*, const void*, unsigned long) __asm__("__tsan_memcpy");
void* raddle_test_memmove(void*, const void*, unsigned long) __asm__("__tsan_memmove");
void* raddle_test_memset(void*, int, unsigned long) __asm__("__tsan_memset");
void raddle_test_vptr_update(void**, void*) __asm__("__tsan_vptr_update");
void raddle_test_vptr_read(void**) __asm__("__tsan_vptr_read");
void __tsan_acquire(void*);
void __tsan_release(void*);
}

namespace {

// What two threads do to the same 64 bytes.
using Use = void (*)(char*);
raddle::Report explore_both(Use first, Use second) {
  raddle::Options options;
  options.executions = 1'000;
  return raddle::explore(
      [=] {
        auto* memory = static_cast<char*>(::operator new(64));
        std::thread a{first, memory}, b{second, memory};
        a.join();
        b.join();
        ::operator delete(memory);
      },
      options);
}

void write_last_byte(char* memory) { memory[63] = 1; }

TEST(CompilerAbiRange, IsEveryByte) {
  const Use read = [](char* memory) { __tsan_read_range(memory, 64); };
  const Use write = [](char* memory) { __tsan_write_range(memory, 64); };
  const Use write_less = [](char* memory) { __tsan_write_range(memory, 63); };
  EXPECT_THAT(explore_both(read, write_last_byte), raddle::FindsRace());
  EXPECT_THAT(explore_both(write, write_last_byte), raddle::FindsRace());
  EXPECT_THAT(explore_both(write_less, write_last_byte), raddle::FindsNothing());
  EXPECT_THAT(explore_both(read, read), raddle::FindsNothing());
}

TEST(CompilerAbiMemcpy, CopiesReadsAndWrites) {
  char from[8] = "abcdefg", to[8] = {};
  EXPECT_EQ(raddle_test_memcpy(to, from, 8), to);
  EXPECT_STREQ(to, "abcdefg");
  EXPECT_EQ(raddle_test_memmove(to + 1, to, 6), to + 1);
  EXPECT_STREQ(to, "aabcdef");
  EXPECT_EQ(raddle_test_memset(to, 'x', 3), to);
  EXPECT_STREQ(to, "xxxcdef");

  const Use copy_into = [](char* memory) {
    const char source[32] = {};
    raddle_test_memcpy(memory + 32, source, 32);
  };
  const Use copy_out_of = [](char* memory) {
    char target[32];
    raddle_test_memmove(target, memory + 32, 32);
  };
  const Use set = [](char* memory) { raddle_test_memset(memory, 0, 64); };
  EXPECT_THAT(explore_both(copy_into, write_last_byte), raddle::FindsRace());
  EXPECT_THAT(explore_both(copy_out_of, write_last_byte), raddle::FindsRace());
  EXPECT_THAT(explore_both(set, write_last_byte), raddle::FindsRace());
  EXPECT_THAT(explore_both(copy_out_of, copy_out_of), raddle::FindsNothing());
}

TEST(Memcpy, OfTheProgramIsSeen) {
  // A size that the compiler does not know: it must call the function.
  static volatile std::size_t size = 64;
  const Use copy_into = [](char* memory) {
    const char source[64] = {};
    std::memcpy(memory, source, size);
  };
  const Use set = [](char* memory) { std::memset(memory, 0, size); };
  const Use move = [](char* memory) { std::memmove(memory, memory + 1, size - 1); };
  EXPECT_THAT(explore_both(copy_into, write_last_byte), raddle::FindsRace());
  EXPECT_THAT(explore_both(set, write_last_byte), raddle::FindsRace());
  EXPECT_THAT(explore_both(move, write_last_byte), raddle::FindsRace());
}

TEST(CompilerAbiVptr, IsWrittenOnlyIfItChanges) {
  const Use keep = [](char* memory) {
    auto** vptr = reinterpret_cast<void**>(memory);
    raddle_test_vptr_update(vptr, *vptr);
  };
  const Use change = [](char* memory) {
    auto** vptr = reinterpret_cast<void**>(memory);
    raddle_test_vptr_update(vptr, reinterpret_cast<char*>(*vptr) + 1);
  };
  const Use look = [](char* memory) { raddle_test_vptr_read(reinterpret_cast<void**>(memory)); };
  EXPECT_THAT(explore_both(change, look), raddle::FindsRace());
  EXPECT_THAT(explore_both(look, look), raddle::FindsNothing());
  EXPECT_THAT(explore_both(keep, keep), raddle::FindsNothing());
}

struct Base {
  virtual ~Base() = default;
  virtual int value() const { return 1; }
};
struct Derived : Base {
  int value() const override { return 2; }
};

TEST(CompilerAbiVptr, OfAnObjectDestroyedWhileItIsUsed) {
  EXPECT_FALSE(raddle::explore([] {
                 Base* object = new Derived;
                 std::thread user{[=] { EXPECT_GE(object->value(), 1); }};
                 delete object;
                 user.join();
               }).clean());
}

RADDLE_TEST(CompilerAbiAnnotations, OrderWhatTheProgramSays) {
  int data = 0;
  char sign = 0;
  std::atomic<bool> seen{false};
  std::thread writer{[&] {
    data = 1;
    __tsan_release(&sign);
    seen.store(true, std::memory_order_relaxed);
  }};
  if (seen.load(std::memory_order_relaxed)) {
    __tsan_acquire(&sign);
    EXPECT_EQ(data, 1);
  }
  writer.join();
}

TEST(CompilerAbiAnnotations, OrderNothingOnAnotherAddress) {
  EXPECT_THAT(raddle::explore([] {
                int data = 0;
                char sign = 0, other = 0;
                std::atomic<bool> seen{false};
                std::thread writer{[&] {
                  data = 1;
                  __tsan_release(&sign);
                  seen.store(true, std::memory_order_relaxed);
                }};
                if (seen.load(std::memory_order_relaxed)) {
                  __tsan_acquire(&other);
                  EXPECT_EQ(data, 1);
                }
                writer.join();
              }),
              raddle::FindsRace());
}

}  // namespace
