// The tests of docs/guides/write_a_test.md and docs/exhaustive.md.
#include <raddle/gtest.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace {

class Queue {
 public:
  void push(int number) {
    push_silently(number);
    arrived_.notify_one();
  }
  void push_silently(int number) {
    const std::lock_guard lock{mutex_};
    numbers_.push_back(number);
  }
  int pop() {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [this] { return !numbers_.empty(); });
    const int number = numbers_.front();
    numbers_.pop_front();
    return number;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<int> numbers_;
};

// [options]
RADDLE_TEST_WITH(Queue, HandsOverEveryNumber, .strategy = "pct:3", .executions = 2'000) {
  Queue queue;
  std::thread producer{[&] { queue.push(1); }};
  EXPECT_EQ(queue.pop(), 1);
  producer.join();
}
// [/options]

// [choose]
RADDLE_TEST(Queue, KeepsTheOrderOfOneProducer) {
  const std::size_t count = 1 + raddle::choose(3);
  Queue queue;
  std::thread producer{[&] {
    for (std::size_t i = 0; i < count; ++i) queue.push(static_cast<int>(i));
  }};
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(queue.pop(), static_cast<int>(i));
  producer.join();
}
// [/choose]

// [verdict]
TEST(Queue, HangsIfTheProducerForgetsToNotify) {
  const raddle::Report report = raddle::explore([] {
    Queue queue;
    std::thread producer{[&] { queue.push_silently(1); }};
    queue.pop();
    producer.join();
  });
  EXPECT_THAT(report, raddle::FindsDeadlock());
}
// [/verdict]

// [complete]
TEST(Queue, HandsOverInEveryInterleaving) {
  raddle::Options options;
  options.strategy = "exhaustive";
  const raddle::Report report = raddle::explore(
      [] {
        Queue queue;
        std::thread producer{[&] { queue.push(1); }};
        EXPECT_EQ(queue.pop(), 1);
        producer.join();
      },
      options);
  EXPECT_THAT(report, raddle::FindsNothing());
  EXPECT_TRUE(report.complete) << report;
}
// [/complete]

}  // namespace
