// A service that is stopped while its worker needs the lock that stop() holds.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <mutex>
#include <thread>

namespace raddle::cases {
namespace {

class Service {
 public:
  Service() : worker_{[this] { work(); }} {}

  void stop_under_lock() {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    worker_.join();
  }
  void stop() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    worker_.join();
  }
  int rounds() const { return rounds_; }

 private:
  void work() {
    const std::lock_guard lock{mutex_};
    if (!stopping_) ++rounds_;
  }

  std::mutex mutex_;
  bool stopping_ = false;
  int rounds_ = 0;
  std::thread worker_;
};

template <void (Service::*kStop)()>
void start_and_stop() {
  Service service;
  (service.*kStop)();
  check(service.rounds() <= 1, "it worked after the stop");
}

}  // namespace

Case join_under_lock() {
  return {"join_under_lock",
          "a thread is joined under the lock that it needs",
          {buggy("join_inside", start_and_stop<&Service::stop_under_lock>, FindingKind::Deadlock),
           fixed("join_outside", start_and_stop<&Service::stop>)}};
}

}  // namespace raddle::cases
