// boost::lockfree::spsc_queue: one producer, one consumer.
#include <raddle/gtest.hpp>

#include <boost/lockfree/spsc_queue.hpp>

#include <thread>
#include <vector>

namespace {

using Queue = boost::lockfree::spsc_queue<int, boost::lockfree::capacity<2>>;

void push(Queue& queue, int value) {
  while (!queue.push(value)) std::this_thread::yield();
}

int pop(Queue& queue) {
  int value = 0;
  while (!queue.pop(value)) std::this_thread::yield();
  return value;
}

RADDLE_TEST_WITH(SpscQueue, DeliversInOrder, .executions = 5'000) {
  Queue queue;
  std::thread producer{[&] {
    for (int value = 1; value <= 4; ++value) push(queue, value);
  }};
  for (int value = 1; value <= 4; ++value) EXPECT_EQ(pop(queue), value);
  producer.join();
  EXPECT_TRUE(queue.empty());
}

// The places of the ring are plain memory: the indexes alone order them.
RADDLE_TEST_WITH(SpscQueue, HandsOverWhatAPointerPointsTo, .executions = 5'000) {
  boost::lockfree::spsc_queue<std::vector<int>*> queue{1};
  std::thread consumer{[&] {
    std::vector<int>* parcel = nullptr;
    while (!queue.pop(parcel)) std::this_thread::yield();
    EXPECT_EQ(parcel->at(1), 2);
    delete parcel;
  }};
  EXPECT_TRUE(queue.push(new std::vector<int>{1, 2}));
  consumer.join();
}

TEST(SpscQueue, RacesWithTwoProducers) {
  const raddle::Report report = raddle::explore([] {
    Queue queue;
    std::thread first{[&] { queue.push(1); }};
    std::thread second{[&] { queue.push(2); }};
    first.join();
    second.join();
  });
  EXPECT_THAT(report, raddle::FindsRace());
}

TEST(SpscQueue, LosesAnItemWithTwoProducers) {
  raddle::Options options;
  options.on_race = raddle::OnRace::Ignore;
  const raddle::Report report = raddle::explore(
      [] {
        Queue queue;
        std::thread first{[&] { queue.push(1); }};
        std::thread second{[&] { queue.push(2); }};
        first.join();
        second.join();
        EXPECT_EQ(pop(queue) + pop(queue), 3);
      },
      options);
  EXPECT_FALSE(report.clean());
}

TEST(SpscQueue, RacesWithTwoConsumers) {
  const raddle::Report report = raddle::explore([] {
    Queue queue;
    queue.push(1);
    queue.push(2);
    int left = 0, right = 0;
    std::thread first{[&] { queue.pop(left); }};
    std::thread second{[&] { queue.pop(right); }};
    first.join();
    second.join();
    EXPECT_EQ(left + right, 3);
  });
  EXPECT_FALSE(report.clean());
}

}  // namespace
