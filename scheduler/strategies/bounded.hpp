#pragma once

#include "scheduler/strategies/strategy.hpp"

#include <cstdint>
#include <vector>

namespace raddle::scheduler {

// Every schedule with at most so many preemptions, one after the other, depth first
// (Musuvathi, Qadeer, PLDI 2007). For a program that does the same under the same schedule.
class Bounded final : public Strategy {
 public:
  // `at_accesses`: plain accesses are scheduling points, too. `with_spurious`: what may happen for
  // no reason does, in some of the schedules.
  Bounded(std::uint64_t preemptions_max, bool at_accesses, bool with_spurious = true);

  void begin(std::uint64_t number) override;
  ThreadId choose_thread(const SchedulingPoint& point) override;
  std::size_t choose_value(const ValueChoice& choice) override;
  bool wants_point(ThreadId, std::uint64_t) const override { return at_accesses_; }

  // After an execution: turns to the next schedule. False if that was the last one.
  bool next() override;

 private:
  // Points beyond this depth take the default.
  static constexpr std::size_t kDepthMax = 1 << 14;
  static constexpr std::size_t kNone = ~std::size_t{0};

  // The options of a point: 0 is the default, then the others in their order.
  struct Choice {
    std::size_t options, taken;
    std::size_t free_option;  // the only one that is no preemption; kNone: none of them is one
    std::uint64_t preemptions_before;

    std::uint64_t cost(std::size_t option) const {
      return free_option != kNone && option != free_option ? 1 : 0;
    }
  };
  std::size_t take(std::size_t options, std::size_t free_option);
  bool move_on(Choice& choice) const;

  std::uint64_t preemptions_max_;
  bool at_accesses_;
  bool with_spurious_;
  std::uint64_t preemptions_ = 0;  // of the running execution, so far
  std::size_t depth_ = 0;
  std::vector<Choice> choices_;
};

}  // namespace raddle::scheduler
