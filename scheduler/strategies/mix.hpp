#pragma once

#include "scheduler/strategies/pct.hpp"
#include "scheduler/strategies/random.hpp"

namespace raddle::scheduler {

// A random walk and PCT in turn: what the one is bad at the other may be good at.
class Mix final : public Strategy {
 public:
  // `points`: as for Pct.
  Mix(std::uint64_t seed, std::uint64_t points);

  void begin(std::uint64_t number) override;
  ThreadId choose_thread(const SchedulingPoint& point) override;
  std::size_t choose_value(const ValueChoice& choice) override;
  void on_yield(ThreadId thread, bool is_alone) override;

 private:
  static constexpr unsigned kDepth = 3;

  Strategy& current() { return is_pct_ ? static_cast<Strategy&>(pct_) : random_; }

  Random random_;
  Pct pct_;
  bool is_pct_ = false;
};

}  // namespace raddle::scheduler
