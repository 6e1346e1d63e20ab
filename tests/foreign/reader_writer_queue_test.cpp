// moodycamel::ReaderWriterQueue: one producer, one consumer, grows as needed.
#include <raddle/gtest.hpp>

#include <readerwriterqueue/readerwriterqueue.h>
#include <thread>

namespace {

using Queue = moodycamel::ReaderWriterQueue<int>;

int pop(Queue& queue) {
  int value = 0;
  while (!queue.try_dequeue(value)) std::this_thread::yield();
  return value;
}

RADDLE_TEST_WITH(ReaderWriterQueue, DeliversInOrderAsItGrows, .executions = 5'000) {
  Queue queue{1};
  std::thread producer{[&] {
    for (int value = 1; value <= 4; ++value) queue.enqueue(value);
  }};
  for (int value = 1; value <= 4; ++value) EXPECT_EQ(pop(queue), value);
  producer.join();
}

RADDLE_TEST_WITH(BlockingReaderWriterQueue, WakesWhoWaits, .executions = 5'000) {
  moodycamel::BlockingReaderWriterQueue<int> queue{1};
  int sum = 0;
  std::thread consumer{[&] {
    for (int i = 0; i < 3; ++i) {
      int value = 0;
      queue.wait_dequeue(value);
      sum += value;
    }
  }};
  for (int value = 1; value <= 3; ++value) queue.enqueue(value);
  consumer.join();
  EXPECT_EQ(sum, 6);
}

// The queue has a check of its own for that, which aborts.
TEST(ReaderWriterQueue, AbortsWithTwoProducers) {
  const raddle::Report report = raddle::explore([] {
    Queue queue{4};
    std::thread first{[&] { queue.enqueue(1); }};
    std::thread second{[&] { queue.enqueue(2); }};
    first.join();
    second.join();
  });
  EXPECT_THAT(report, raddle::FindsCrash());
}

}  // namespace
