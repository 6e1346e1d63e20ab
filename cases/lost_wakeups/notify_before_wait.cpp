// A start signal that may be given before anybody waits for it.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

namespace raddle::cases {
namespace {

// A condition variable remembers nothing.
class BareSignal {
 public:
  void give() {
    const std::lock_guard lock{mutex_};
    given_.notify_all();
  }
  void await() {
    std::unique_lock lock{mutex_};
    given_.wait(lock);
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
};

class RememberedSignal {
 public:
  void give() {
    const std::lock_guard lock{mutex_};
    is_given_ = true;
    given_.notify_all();
  }
  void await() {
    std::unique_lock lock{mutex_};
    given_.wait(lock, [this] { return is_given_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  bool is_given_ = false;
};

class LatchSignal {
 public:
  void give() { latch_.count_down(); }
  void await() { latch_.wait(); }

 private:
  std::latch latch_{1};
};

class FutureSignal {
 public:
  void give() { promise_.set_value(); }
  void await() { given_.wait(); }

 private:
  std::promise<void> promise_;
  std::future<void> given_ = promise_.get_future();
};

template <class Signal>
void start() {
  Signal signal;
  int started = 0;
  std::thread runner{[&] {
    signal.await();
    started = 1;
  }};
  signal.give();
  runner.join();
  check(started == 1, "the runner did not start");
}

}  // namespace

Case notify_before_wait() {
  return {"notify_before_wait",
          "a condition is notified before anybody waits",
          {buggy("no_predicate", start<BareSignal>, FindingKind::LostWakeup),
           fixed("predicate", start<RememberedSignal>), fixed("latch", start<LatchSignal>),
           fixed("future", start<FutureSignal>)}};
}

}  // namespace raddle::cases
