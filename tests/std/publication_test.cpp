// What memory orders and fences publish, and what they do not.
#include <raddle/gtest.hpp>

#include <atomic>
#include <thread>

namespace {

// Publication: what the flag orders, and what it does not.
template <std::memory_order store_order, std::memory_order load_order>
void publish() {
  int data = 0;
  std::atomic<bool> is_ready{false};
  std::thread writer{[&] {
    data = 1;
    is_ready.store(true, store_order);
  }};
  if (is_ready.load(load_order)) {
    EXPECT_EQ(data, 1);
  }
  writer.join();
}

RADDLE_TEST(MemoryOrder, ReleaseAndAcquirePublish) {
  publish<std::memory_order_release, std::memory_order_acquire>();
}
TEST(MemoryOrder, RelaxedPublishesNothing) {
  EXPECT_THAT(raddle::explore(publish<std::memory_order_relaxed, std::memory_order_relaxed>),
              raddle::FindsRace());
}
TEST(MemoryOrder, ReleaseAloneIsNotEnough) {
  EXPECT_THAT(raddle::explore(publish<std::memory_order_release, std::memory_order_relaxed>),
              raddle::FindsRace());
}

template <bool both>
void publish_by_fences() {
  int data = 0;
  std::atomic<bool> is_ready{false};
  std::thread writer{[&] {
    data = 1;
    std::atomic_thread_fence(std::memory_order_release);
    is_ready.store(true, std::memory_order_relaxed);
  }};
  if (is_ready.load(std::memory_order_relaxed)) {
    if (both) std::atomic_thread_fence(std::memory_order_acquire);
    EXPECT_EQ(data, 1);
  }
  writer.join();
}

RADDLE_TEST(AtomicThreadFence, PublishesByAPair) { publish_by_fences<true>(); }
TEST(AtomicThreadFence, PublishesNothingAlone) {
  EXPECT_THAT(raddle::explore(publish_by_fences<false>), raddle::FindsRace());
}

}  // namespace
