#include "cases/races/counters.hpp"

namespace raddle::cases {

void PlainCounter::increment() { ++value_; }

void MutexCounter::increment() {
  const std::lock_guard lock{mutex_};
  ++value_;
}

int MutexCounter::value() {
  const std::lock_guard lock{mutex_};
  return value_;
}

void AtomicCounter::increment() { value_.fetch_add(1, std::memory_order_relaxed); }

ChannelCounter::ChannelCounter()
    : owner_{[this] {
        for (const int increment : increments_) value_ += increment;
      }} {}

ChannelCounter::~ChannelCounter() {
  increments_.close();
  if (owner_.joinable()) owner_.join();
}

void ChannelCounter::increment() { increments_.send(1); }

int ChannelCounter::value() {
  increments_.close();
  owner_.join();
  return value_;
}

}  // namespace raddle::cases
