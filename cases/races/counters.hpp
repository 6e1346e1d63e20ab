// A counter that several threads increment: one that loses updates, three that do not.
#pragma once

#include <raddle/channel.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace raddle::cases {

class PlainCounter {
 public:
  void increment();
  int value() { return value_; }

 private:
  int value_ = 0;
};

class MutexCounter {
 public:
  void increment();
  int value();

 private:
  std::mutex mutex_;
  int value_ = 0;
};

class AtomicCounter {
 public:
  void increment();
  int value() { return value_; }

 private:
  std::atomic<int> value_{0};
};

// One thread owns the value; the others send it their increments.
class ChannelCounter {
 public:
  ChannelCounter();
  ~ChannelCounter();
  void increment();
  int value();  // closes the counter

 private:
  channel<int> increments_{2};
  int value_ = 0;
  std::thread owner_;
};

}  // namespace raddle::cases
