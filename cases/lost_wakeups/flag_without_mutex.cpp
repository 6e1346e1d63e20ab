// A gate that is opened while somebody is about to wait in front of it.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>

namespace raddle::cases {
namespace {

// The flag can change between the waiter's look at it and its falling asleep.
template <class Flag>
class UnlockedGate {
 public:
  void open() {
    open_ = true;
    opened_.notify_one();
  }
  void pass() {
    std::unique_lock lock{mutex_};
    while (!open_) opened_.wait(lock);
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  Flag open_{false};
};

class LockedGate {
 public:
  void open() {
    {
      const std::lock_guard lock{mutex_};
      open_ = true;
    }
    opened_.notify_one();
  }
  void pass() {
    std::unique_lock lock{mutex_};
    while (!open_) opened_.wait(lock);
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

class AtomicGate {
 public:
  void open() {
    open_ = true;
    open_.notify_one();
  }
  void pass() { open_.wait(false); }

 private:
  std::atomic<bool> open_{false};
};

class SemaphoreGate {
 public:
  void open() { permits_.release(); }
  void pass() { permits_.acquire(); }

 private:
  std::binary_semaphore permits_{0};
};

template <class Gate>
void open_and_pass() {
  Gate gate;
  int beyond = 0;
  std::thread visitor{[&] {
    gate.pass();
    beyond = 1;
  }};
  gate.open();
  visitor.join();
  check(beyond == 1, "the visitor did not pass");
}

}  // namespace

Case flag_without_mutex() {
  return {
      "flag_without_mutex",
      "the flag that a waiter waits for is set without the waiter's mutex",
      {buggy("plain_flag", open_and_pass<UnlockedGate<bool>>, FindingKind::DataRace),
       buggy("plain_flag_consequence", open_and_pass<UnlockedGate<bool>>, FindingKind::LostWakeup,
             OnRace::Explore),
       buggy("atomic_flag", open_and_pass<UnlockedGate<std::atomic<bool>>>,
             FindingKind::LostWakeup),
       fixed("mutex", open_and_pass<LockedGate>), fixed("atomic_wait", open_and_pass<AtomicGate>),
       fixed("semaphore", open_and_pass<SemaphoreGate>)}};
}

}  // namespace raddle::cases
