// moodycamel::ConcurrentQueue: any number of producers and consumers, no order between them.
#include <raddle/gtest.hpp>

#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>

#include <set>
#include <string>
#include <thread>

namespace {

template <class Queue>
auto pop(Queue& queue) {
  typename Queue::value_type value{};
  while (!queue.try_dequeue(value)) std::this_thread::yield();
  return value;
}

template <class T>
struct Items : moodycamel::ConcurrentQueue<T> {
  using value_type = T;
};

RADDLE_TEST_WITH(ConcurrentQueue, DeliversEverythingOnce, .executions = 2'000) {
  Items<int> queue;
  int left = 0, right = 0;
  std::thread a{[&] { queue.enqueue(1); }};
  std::thread b{[&] { queue.enqueue(2); }};
  std::thread c{[&] { left = pop(queue); }};
  std::thread d{[&] { right = pop(queue); }};
  a.join();
  b.join();
  c.join();
  d.join();
  EXPECT_EQ(std::set({left, right}), std::set({1, 2}));
}

RADDLE_TEST_WITH(ConcurrentQueue, KeepsTheOrderOfEachProducer, .executions = 2'000) {
  Items<std::string> queue;
  std::thread producer{[&] {
    queue.enqueue("first, and too long for the string's own place");
    queue.enqueue("second, and too long for the string's own place");
  }};
  EXPECT_EQ(pop(queue).substr(0, 5), "first");
  EXPECT_EQ(pop(queue).substr(0, 6), "second");
  producer.join();
}

RADDLE_TEST_WITH(ConcurrentQueue, WorksWithTokens, .executions = 2'000) {
  moodycamel::ConcurrentQueue<int> queue;
  std::thread producer{[&] {
    moodycamel::ProducerToken token{queue};
    const int items[] = {1, 2, 3};
    queue.enqueue_bulk(token, items, 3);
  }};
  moodycamel::ConsumerToken token{queue};
  int sum = 0;
  for (int i = 0; i < 3; ++i) {
    int value = 0;
    while (!queue.try_dequeue(token, value)) std::this_thread::yield();
    sum += value;
  }
  producer.join();
  EXPECT_EQ(sum, 6);
}

// A token belongs to one thread at a time.
TEST(ConcurrentQueue, RacesWhereTwoThreadsShareAToken) {
  const raddle::Report report = raddle::explore([] {
    moodycamel::ConcurrentQueue<int> queue;
    moodycamel::ProducerToken token{queue};
    std::thread a{[&] { queue.enqueue(token, 1); }};
    std::thread b{[&] { queue.enqueue(token, 2); }};
    a.join();
    b.join();
  });
  EXPECT_THAT(report, raddle::FindsRace());
}

RADDLE_TEST_WITH(BlockingConcurrentQueue, WakesWhoWaits, .executions = 2'000) {
  moodycamel::BlockingConcurrentQueue<int> queue;
  int received = 0;
  std::thread consumer{[&] { queue.wait_dequeue(received); }};
  queue.enqueue(7);
  consumer.join();
  EXPECT_EQ(received, 7);
}

TEST(BlockingConcurrentQueue, ConsumersWithoutAnItemAreStuck) {
  const raddle::Report report = raddle::explore([] {
    moodycamel::BlockingConcurrentQueue<int> queue;
    const auto consume = [&] {
      int value = 0;
      queue.wait_dequeue(value);
    };
    std::thread a{consume};
    std::thread b{consume};
    queue.enqueue(7);
    a.join();
    b.join();
  });
  EXPECT_THAT(report, raddle::FindsDeadlock());
}

}  // namespace
