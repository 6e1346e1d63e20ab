#include "harness/interpose/arena.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <unistd.h>
#include <vector>

namespace raddle::interpose {
namespace {

constexpr Arena::Limits kSmall{.region_bytes = 1 << 22,
                               .execution_bytes = 1 << 20,
                               .keep_bytes = 1 << 16,
                               .grow_bytes = 1 << 18};

struct OwnedArena : Arena {
  explicit OwnedArena(const Limits& limits = Limits{}) : Arena(limits) {}
  ~OwnedArena() { unmap(); }
};

std::uintptr_t address(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

TEST(Arena, GivesTheSameAddressesInEveryExecutionThatFreesEverything) {
  OwnedArena arena;
  std::vector<void*> first;
  for (int execution = 0; execution < 3; ++execution) {
    arena.begin_execution();
    std::vector<void*> blocks;
    for (std::size_t size : {1u, 100u, 0u, 16u, 5000u}) blocks.push_back(arena.allocate(size));
    for (void* block : blocks) EXPECT_EQ(arena.release(block), FreeResult::Ok);
    arena.end_execution();
    if (execution == 0) first = blocks;
    EXPECT_EQ(blocks, first);
  }
}

TEST(Arena, NeverReusesFreedMemoryWithinAnExecution) {
  OwnedArena arena;
  arena.begin_execution();
  void* before = nullptr;
  for (int i = 0; i < 1000; ++i) {
    void* block = arena.allocate(24);
    EXPECT_GT(block, before);
    arena.release(block);
    before = block;
  }
}

TEST(Arena, KeepsSurvivorsIntactAndLetsThemBeFreedLater) {
  OwnedArena arena;
  arena.begin_execution();
  void* first = arena.allocate(8);
  auto* survivor = static_cast<char*>(arena.allocate(6));
  void* last = arena.allocate(8);
  std::strcpy(survivor, "alive");
  arena.release(first);
  arena.release(last);
  arena.end_execution();
  EXPECT_EQ(arena.survivors(), 1u);

  arena.begin_execution();
  EXPECT_EQ(arena.allocate(8), last) << "the base lies right behind the survivor";
  EXPECT_STREQ(survivor, "alive");
  EXPECT_EQ(arena.usable_size(survivor), 6u);
  EXPECT_EQ(arena.release(first), FreeResult::DoubleFree);
  EXPECT_EQ(arena.release(survivor), FreeResult::Ok);
  EXPECT_EQ(arena.release(survivor), FreeResult::DoubleFree);
  EXPECT_EQ(arena.release(last), FreeResult::Ok);
  arena.end_execution();

  arena.begin_execution();
  EXPECT_EQ(arena.allocate(8), first) << "with nothing alive it starts over";
}

TEST(Arena, TellsWhatIsNotABlock) {
  OwnedArena arena;
  arena.begin_execution();
  auto* block = static_cast<char*>(arena.allocate(64));
  std::memset(block, 0, 64);
  int on_stack = 0;
  EXPECT_EQ(arena.release(nullptr), FreeResult::NotABlock);
  EXPECT_EQ(arena.release(&on_stack), FreeResult::NotABlock);
  for (int offset = -16; offset <= 80; ++offset) {
    if (offset != 0) {
      EXPECT_EQ(arena.release(block + offset), FreeResult::NotABlock) << offset;
    }
  }
  EXPECT_EQ(arena.usable_size(block + 16), 0u);
  EXPECT_EQ(arena.release(block), FreeResult::Ok);
}

TEST(Arena, ContainsItsAddressesOnly) {
  OwnedArena arena;
  int on_stack = 0;
  EXPECT_FALSE(arena.contains(nullptr)) << "before anything is reserved";
  arena.begin_execution();
  void* block = arena.allocate(8);
  EXPECT_TRUE(arena.contains(block));
  EXPECT_FALSE(arena.contains(&on_stack));
  EXPECT_FALSE(arena.contains(nullptr));
  arena.release(block);
  arena.end_execution();
  EXPECT_TRUE(arena.contains(block)) << "a stale pointer must not reach the real free";
}

TEST(Arena, RemembersWhoAllocated) {
  OwnedArena arena;
  arena.begin_execution();
  arena.allocate(8);
  auto* block = static_cast<char*>(
      arena.allocate(40, 16, 0x7fff'1234'5678, scheduler::thread_id(scheduler::kThreadsMax - 1)));
  const Block* found = arena.find(block + 39);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->size(), 40u);
  EXPECT_EQ(found->ordinal(), 1u);
  EXPECT_EQ(found->pc(), 0x7fff'1234'5678u);
  EXPECT_EQ(found->thread(), scheduler::thread_id(scheduler::kThreadsMax - 1));
  EXPECT_TRUE(found->is_live());
  arena.release(block);
  EXPECT_FALSE(found->is_live());
  EXPECT_EQ(arena.find(block), found) << "freed blocks are found too";
  EXPECT_EQ(arena.find(block - 1), nullptr) << "that is the header";
  EXPECT_EQ(arena.find(block + 48), nullptr);
}

TEST(Arena, HandsOutNothingOutsideAnExecution) {
  OwnedArena arena;
  EXPECT_EQ(arena.allocate(8), nullptr);
  arena.begin_execution();
  EXPECT_NE(arena.allocate(8), nullptr);
  arena.end_execution();
  EXPECT_EQ(arena.allocate(8), nullptr);
  EXPECT_EQ(arena.allocate_zeroed(8), nullptr);
}

TEST(Arena, RefusesMoreThanTheShareOfAnExecution) {
  OwnedArena arena(kSmall);
  for (int execution = 0; execution < 3; ++execution) {
    arena.begin_execution();
    EXPECT_EQ(arena.allocate(SIZE_MAX), nullptr);
    EXPECT_EQ(arena.allocate(SIZE_MAX - 15), nullptr);
    EXPECT_EQ(arena.allocate(kSmall.execution_bytes), nullptr);
    std::vector<void*> blocks;
    while (void* block = arena.allocate(1008)) {
      std::memset(block, 1, 1008);
      blocks.push_back(block);
    }
    EXPECT_EQ(blocks.size(), kSmall.execution_bytes / 1024);
    for (void* block : blocks) arena.release(block);
    arena.end_execution();
  }
}

TEST(Arena, RefusesWhenLeaksHaveUsedUpAllAddresses) {
  OwnedArena arena(kSmall);
  std::size_t leaked = 0;
  for (int execution = 0; execution < 10; ++execution) {
    arena.begin_execution();
    for (int i = 0; i < 700; ++i) leaked += arena.allocate(1008) != nullptr ? 1024 : 0;
    arena.end_execution();
  }
  EXPECT_EQ(leaked, kSmall.region_bytes);
}

TEST(Arena, WorksAtAnotherAddressWhenThePreferredOneIsTaken) {
  OwnedArena first(kSmall), second(kSmall);
  first.begin_execution();
  second.begin_execution();
  void* block = second.allocate(8);
  ASSERT_NE(block, nullptr);
  EXPECT_FALSE(first.contains(block));
  EXPECT_EQ(second.release(block), FreeResult::Ok);
}

TEST(Arena, ZeroesWhatEarlierExecutionsHaveWritten) {
  OwnedArena arena(kSmall);
  for (int execution = 0; execution < 20; ++execution) {
    arena.begin_execution();
    const std::size_t size = 1000 + static_cast<std::size_t>(execution) * 20'000;
    auto* block = static_cast<unsigned char*>(arena.allocate_zeroed(size, execution % 2 ? 16 : 64));
    ASSERT_NE(block, nullptr);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(block[i], 0) << execution << ' ' << i;
    std::memset(block, 0xee, size);
    if (execution % 7 != 0) arena.release(block);
    arena.end_execution();
  }
}

std::size_t resident_bytes() {
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Arena, ReturnsTheMemoryOfAGreedyExecution) {
  OwnedArena arena;
  const std::size_t before = resident_bytes();
  arena.begin_execution();
  constexpr std::size_t kBytes = std::size_t{100} << 20;
  void* block = arena.allocate(kBytes);
  std::memset(block, 1, kBytes);
  EXPECT_GT(resident_bytes(), before + kBytes / 2);
  arena.release(block);
  arena.end_execution();
  EXPECT_LT(resident_bytes(), before + (std::size_t{16} << 20));
}

TEST(Arena, StaysSmallWhenEveryExecutionReplacesAGlobalObject) {
  OwnedArena arena;
  const std::size_t before = resident_bytes();
  void* global = nullptr;
  for (int execution = 0; execution < 20'000; ++execution) {
    arena.begin_execution();
    void* temporary = arena.allocate(8000);
    void* replacement = arena.allocate(100);
    std::memset(temporary, 1, 8000);
    ASSERT_TRUE(global == nullptr || arena.release(global) == FreeResult::Ok);
    global = replacement;
    arena.release(temporary);
    arena.end_execution();
    ASSERT_EQ(arena.survivors(), 1u);
  }
  EXPECT_LT(resident_bytes(), before + (std::size_t{32} << 20));
  EXPECT_EQ(arena.release(global), FreeResult::Ok);
  arena.begin_execution();
  arena.end_execution();
  EXPECT_EQ(arena.survivors(), 0u);
}

// The naive twin: every block of this execution, and the survivors.
struct Model {
  struct Entry {
    std::size_t size;
    unsigned char pattern;
    bool is_live;
  };
  std::map<std::uintptr_t, Entry> blocks;

  void end_execution() {
    std::erase_if(blocks, [](const auto& item) { return !item.second.is_live; });
  }
};

void fill(std::uintptr_t at, std::size_t size, unsigned char pattern) {
  std::memset(reinterpret_cast<void*>(at), pattern, size);
}

bool is_filled(std::uintptr_t at, std::size_t size, unsigned char pattern) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  return std::all_of(bytes, bytes + size, [&](unsigned char b) { return b == pattern; });
}

class ArenaAgainstModel : public testing::TestWithParam<std::uint32_t> {};

TEST_P(ArenaAgainstModel, AgreesOnRandomOperations) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  std::mt19937 random(GetParam());
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const bool leaks = GetParam() % 2 == 1;
  OwnedArena arena(kSmall);
  Model model;
  for (int execution = 0; execution < 30; ++execution) {
    arena.begin_execution();
    std::vector<std::uintptr_t> order;
    const std::size_t operations = below(300);
    for (std::size_t i = 0; i < operations; ++i) {
      if (below(5) < 3 || model.blocks.empty()) {
        const std::size_t size = below(8) == 0 ? below(20'000) : below(100);
        const std::size_t alignment = std::size_t{1} << below(below(4) == 0 ? 13 : 5);
        const auto at = address(below(2) == 0 ? arena.allocate(size, alignment, i)
                                              : arena.allocate_zeroed(size, alignment, i));
        if (at == 0) continue;
        ASSERT_EQ(at % std::max<std::size_t>(alignment, 16), 0u);
        auto next = model.blocks.upper_bound(at);
        ASSERT_TRUE(next == model.blocks.end()) << "overlaps or reuses";
        if (next != model.blocks.begin()) {
          const auto& [before, entry] = *std::prev(next);
          ASSERT_GE(at, before + entry.size);
        }
        const auto pattern = static_cast<unsigned char>(below(256));
        fill(at, size, pattern);
        model.blocks[at] = {size, pattern, true};
        order.push_back(at);
      } else {
        auto item = std::next(model.blocks.begin(),
                              static_cast<std::ptrdiff_t>(below(model.blocks.size())));
        auto& [at, entry] = *item;
        const auto expected = entry.is_live ? FreeResult::Ok : FreeResult::DoubleFree;
        ASSERT_TRUE(!entry.is_live || is_filled(at, entry.size, entry.pattern));
        ASSERT_EQ(arena.usable_size(reinterpret_cast<void*>(at)), entry.is_live ? entry.size : 0);
        ASSERT_EQ(arena.release(reinterpret_cast<void*>(at)), expected);
        entry.is_live = false;
      }
    }
    for (const auto& [at, entry] : model.blocks) {
      const std::size_t offset = entry.size == 0 ? 0 : below(entry.size);
      const Block* found = arena.find(reinterpret_cast<void*>(at + offset));
      ASSERT_NE(found, nullptr);
      ASSERT_EQ(found->address(), at);
      ASSERT_EQ(found->is_live(), entry.is_live);
    }
    std::vector<std::uintptr_t> walked;
    arena.for_each_block([&](const Block& block) { walked.push_back(block.address()); });
    ASSERT_EQ(walked, order);
    for (auto& [at, entry] : model.blocks) {
      if (entry.is_live && (!leaks || below(10) != 0)) {
        ASSERT_TRUE(is_filled(at, entry.size, entry.pattern));
        ASSERT_EQ(arena.release(reinterpret_cast<void*>(at)), FreeResult::Ok);
        entry.is_live = false;
      }
    }
    arena.end_execution();
    model.end_execution();
    ASSERT_EQ(arena.survivors(), model.blocks.size());
    if (!leaks) {
      ASSERT_EQ(arena.survivors(), 0u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ArenaAgainstModel, testing::Range(1u, 41u));

}  // namespace
}  // namespace raddle::interpose
