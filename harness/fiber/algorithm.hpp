// The scheduling algorithm that an exploration gives to Boost.Fiber: the strategy chooses
// among all fibers that are ready.
#pragma once

#include "scheduler/engine.hpp"

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/scheduler.hpp>

namespace raddle::harness {

// One for each thread under test that uses fibers. Boost's dispatcher fiber asks it over and over
// who is next. The dispatcher is nobody for detectors and reports: while it
// runs there is no current thread.
class Algorithm final : public boost::fibers::algo::algorithm {
 public:
  using Context = boost::fibers::context;

  explicit Algorithm(scheduler::Thread& carrier) : carrier_(carrier) {}

  void awakened(Context* context) noexcept override;
  Context* pick_next() noexcept override;
  bool has_ready_fibers() const noexcept override;
  // Returns at once: waiting, and finding that there is nothing to wait for, is the engine's.
  void suspend_until(const std::chrono::steady_clock::time_point&) noexcept override {}
  void notify() noexcept override {}

 private:
  scheduler::Thread& carrier_;
  scheduler::Thread* chosen_ = nullptr;  // its time is up, and Boost has yet to see it
  Context* dispatcher_ = nullptr;        // if it is ready
  boost::fibers::scheduler::ready_queue_type ready_;
};

}  // namespace raddle::harness
