// The lost update again, between fibers that yield between read and write.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/unbuffered_channel.hpp>

#include <mutex>

namespace raddle::cases {
namespace {

class PlainCounter {
 public:
  void increment() {
    const int seen = value_;
    boost::this_fiber::yield();
    value_ = seen + 1;
  }
  int value() { return value_; }

 private:
  int value_ = 0;
};

class MutexCounter {
 public:
  void increment() {
    const std::lock_guard lock{mutex_};
    counter_.increment();
  }
  int value() { return counter_.value(); }

 private:
  boost::fibers::mutex mutex_;
  PlainCounter counter_;
};

// One fiber owns the counter; the others send it their increments.
template <class Channel>
class OwnedCounter {
 public:
  explicit OwnedCounter(Channel& increments)
      : increments_{increments}, owner_{[this] {
          for (const int times : increments_) {
            for (int i = 0; i < times; ++i) counter_.increment();
          }
        }} {}
  void increment() { increments_.push(1); }
  int value() {
    increments_.close();
    owner_.join();
    return counter_.value();
  }

 private:
  Channel& increments_;
  PlainCounter counter_;
  boost::fibers::fiber owner_;
};

template <class Counter>
void count(Counter& counter) {
  boost::fibers::fiber a{[&] { counter.increment(); }};
  boost::fibers::fiber b{[&] { counter.increment(); }};
  a.join();
  b.join();
  check(counter.value() == 2, "an increment was lost");
}

void count_unprotected() {
  PlainCounter counter;
  count(counter);
}

void count_with_mutex() {
  MutexCounter counter;
  count(counter);
}

void count_with_buffered_channel() {
  boost::fibers::buffered_channel<int> increments{2};
  OwnedCounter counter{increments};
  count(counter);
}

void count_with_unbuffered_channel() {
  boost::fibers::unbuffered_channel<int> increments;
  OwnedCounter counter{increments};
  count(counter);
}

}  // namespace

Case fiber_lost_update() {
  return {
      "fiber_lost_update",
      "two fibers yield between reading a counter and writing it",
      {buggy("unprotected", count_unprotected, FindingKind::DataRace),
       buggy("unprotected_consequence", count_unprotected, FindingKind::Assertion, OnRace::Explore),
       fixed("mutex", count_with_mutex), fixed("buffered_channel", count_with_buffered_channel),
       fixed("unbuffered_channel", count_with_unbuffered_channel)}};
}

}  // namespace raddle::cases
