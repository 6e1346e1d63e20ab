// A queue with one place between one producer and two consumers.
#include "cases/catalogue.hpp"
#include <raddle/channel.hpp>
#include <raddle/raddle.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

namespace raddle::cases {
namespace {

constexpr std::size_t kPlaces = 1;

enum class Wake { One, All };

// Producers and consumers sleep on one condition. If one of them is woken, it
// can be the one for whom nothing has changed.
template <Wake kWake>
class OneConditionQueue {
 public:
  void push(int item) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return items_.size() < kPlaces; });
    items_.push_back(item);
    notify();
  }
  int pop() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !items_.empty(); });
    const int item = items_.front();
    items_.pop_front();
    notify();
    return item;
  }

 private:
  void notify() {
    if (kWake == Wake::One) {
      changed_.notify_one();
    } else {
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<int> items_;
};

class TwoConditionsQueue {
 public:
  void push(int item) {
    std::unique_lock lock{mutex_};
    not_full_.wait(lock, [this] { return items_.size() < kPlaces; });
    items_.push_back(item);
    not_empty_.notify_one();
  }
  int pop() {
    std::unique_lock lock{mutex_};
    not_empty_.wait(lock, [this] { return !items_.empty(); });
    const int item = items_.front();
    items_.pop_front();
    not_full_.notify_one();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable not_empty_, not_full_;
  std::deque<int> items_;
};

class ChannelQueue {
 public:
  void push(int item) { items_.send(item); }
  int pop() { return items_.receive().value(); }

 private:
  channel<int> items_{kPlaces};
};

template <class Queue>
void produce_and_consume() {
  Queue queue;
  int first = 0, second = 0;
  std::thread a{[&] { first = queue.pop(); }};
  std::thread b{[&] { second = queue.pop(); }};
  queue.push(1);
  queue.push(2);
  a.join();
  b.join();
  check(first + second == 3, "an item was lost");
}

}  // namespace

Case bounded_queue() {
  return {"bounded_queue",
          "a bounded queue with one condition too few",
          {buggy("one_condition", produce_and_consume<OneConditionQueue<Wake::One>>,
                 FindingKind::Deadlock),
           fixed("two_conditions", produce_and_consume<TwoConditionsQueue>),
           fixed("notify_all", produce_and_consume<OneConditionQueue<Wake::All>>),
           fixed("channel", produce_and_consume<ChannelQueue>)}};
}

}  // namespace raddle::cases
