// std::atomic of more than a machine word: all of its bytes change together or not at all.
#include <raddle/gtest.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

namespace {

struct alignas(16) Pair {
  std::uint64_t first, second;
  bool operator==(const Pair&) const = default;
};

RADDLE_TEST(Atomic, OfSixteenBytesIsNeverSeenHalf) {
  std::atomic<Pair> pair{Pair{1, 1}};
  std::thread writer{[&] { pair.store({2, 2}); }};
  std::thread changer{[&] {
    Pair seen = pair.load();
    while (!pair.compare_exchange_strong(seen, {seen.first + 10, seen.second + 10})) {
    }
  }};
  const Pair seen = pair;
  EXPECT_EQ(seen.first, seen.second);
  writer.join();
  changer.join();
  const Pair last = pair.exchange({0, 0});
  EXPECT_EQ(last.first, last.second);
  EXPECT_TRUE(last.first == 2 || last.first == 12);
}

// Larger than any instruction takes.
struct Triple {
  std::uint64_t a, b, c;
  bool operator==(const Triple&) const = default;
};

RADDLE_TEST(Atomic, OfTwentyFourBytesIsNeverSeenInParts) {
  std::atomic<Triple> triple{Triple{1, 1, 1}};
  std::thread writer{[&] { triple.store({2, 2, 2}); }};
  std::thread changer{[&] {
    Triple seen = triple.load();
    while (!triple.compare_exchange_weak(seen, {seen.a + 10, seen.b + 10, seen.c + 10})) {
    }
  }};
  const Triple seen = triple;
  EXPECT_TRUE(seen.a == seen.b && seen.b == seen.c);
  writer.join();
  changer.join();
  const Triple last = triple.exchange({0, 0, 0});
  EXPECT_TRUE(last.a == 2 || last.a == 12);
  EXPECT_EQ(triple.load(), (Triple{0, 0, 0}));
}

template <class T>
void publish() {
  int data = 0;
  std::atomic<T> state{T{}};
  std::thread writer{[&] {
    data = 1;
    T full{};
    full.first = 1;
    state.store(full, std::memory_order_release);
  }};
  if (state.load(std::memory_order_acquire).first == 1) {
    EXPECT_EQ(data, 1);
  }
  writer.join();
}
struct Block {
  std::uint32_t first;
  char more[36];
};

RADDLE_TEST(Atomic, OfSixteenBytesPublishes) { publish<Pair>(); }
RADDLE_TEST(Atomic, OfFortyBytesPublishes) { publish<Block>(); }

TEST(Atomic, OfSixteenBytesInTwoStepsLosesAnUpdate) {
  EXPECT_THAT(raddle::explore([] {
                std::atomic<Pair> pair{Pair{0, 0}};
                auto increment = [&] {
                  const Pair seen = pair;
                  pair = {seen.first + 1, seen.second + 1};
                };
                std::thread a{increment}, b{increment};
                a.join();
                b.join();
                EXPECT_EQ(pair.load().first, 2u);
              }),
              raddle::FindsAssertion());
}

// Not under test: real threads, and still no update is lost.
TEST(Atomic, OfAnySizeStaysAtomicBetweenRealThreads) {
  std::atomic<Pair> pair{Pair{0, 0}};
  std::atomic<Triple> triple{Triple{0, 0, 0}};
  auto increment = [&] {
    for (int i = 0; i < 20'000; ++i) {
      Pair p = pair;
      while (!pair.compare_exchange_weak(p, {p.first + 1, p.second + 1})) {
      }
      Triple t = triple;
      while (!triple.compare_exchange_weak(t, {t.a + 1, t.b + 1, t.c + 1})) {
      }
    }
  };
  std::thread a{increment}, b{increment};
  a.join();
  b.join();
  EXPECT_EQ(pair.load(), (Pair{40'000, 40'000}));
  EXPECT_EQ(triple.load(), (Triple{40'000, 40'000, 40'000}));
}

}  // namespace
