#pragma once

#include "scheduler/strategies/generator.hpp"
#include "scheduler/strategies/strategy.hpp"

namespace raddle::scheduler {

// A random walk. With a switch probability p the running thread is left with
// probability p at each point, for one of the others. Without one, executions
// take turns: every second chooses evenly among all threads at every point
// (best for short tests), the others use p = 1/2, 1/4, ... 1/64 (switching at every
// point keeps queues short and misses what needs long runs).
class Random final : public Strategy {
 public:
  static constexpr double kVaried = -1;

  explicit Random(std::uint64_t seed, double switch_probability = kVaried);

  void begin(std::uint64_t number) override;
  ThreadId choose_thread(const SchedulingPoint& point) override;
  std::size_t choose_value(const ValueChoice& choice) override;

 private:
  std::uint64_t seed_;
  double fixed_probability_;
  bool is_even_ = true;                // choose evenly among all
  std::uint64_t leave_numerator_ = 0;  // of 2^32
  Generator generator_;
  Chance spurious_;
};

}  // namespace raddle::scheduler
