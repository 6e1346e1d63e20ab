// How a blocked channel operation is completed by another thread. Part of <raddle/channel.hpp>.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>

namespace raddle::channels {

// One call that is blocked: a send, a receive or a select. Another thread
// completes it, through a Completion.
class Turn {
 public:
  // Sleeps until the call is completed. Returns the case that did it.
  std::size_t wait() {
    std::unique_lock lock{mutex_};
    ready_.wait(lock, [this] { return completed_by_.has_value(); });
    return *completed_by_;
  }

 private:
  friend class Completion;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<std::size_t> completed_by_;
};

// Completes a blocked call: begin, move the value, finish, let go of the channel,
// destroy this. The blocked call returns only at the end, and then neither
// side touches the channel again: either may destroy it.
class Completion {
 public:
  Completion() = default;
  Completion(Completion&&) = default;
  Completion& operator=(Completion&&) = default;
  ~Completion() {
    // Under the lock: the turn goes as soon as its owner may return.
    if (lock_.owns_lock() && turn_->completed_by_) turn_->ready_.notify_one();
  }

  // False if another thread was faster.
  bool begin(Turn& turn) {
    turn_ = &turn;
    lock_ = std::unique_lock{turn.mutex_};
    if (!turn.completed_by_) return true;
    lock_.unlock();
    return false;
  }
  void finish(std::size_t index) { turn_->completed_by_ = index; }

 private:
  Turn* turn_ = nullptr;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace raddle::channels
