#pragma once

#include "scheduler/strategies/generator.hpp"
#include "scheduler/strategies/strategy.hpp"

#include <array>

namespace raddle::scheduler {

// Probabilistic concurrency testing: random thread priorities, lowered at
// depth - 1 random points. Finds a bug of depth d in an execution of k points and n
// threads with probability at least 1 / (n k^(d-1)). Burckhardt, Kothari,
// Musuvathi, Nagarakatte, ASPLOS 2010.
// A thread that yields or spins drops to the lowest priority, else it would
// starve those that it waits for.
class Pct final : public Strategy {
 public:
  static constexpr unsigned kDepthMax = 64;

  // `points`: how many scheduling points an execution is thought to have. It
  // must not depend on earlier executions, else they would not be
  // reproducible one by one.
  Pct(std::uint64_t seed, unsigned depth, std::uint64_t points);

  void begin(std::uint64_t number) override;
  ThreadId choose_thread(const SchedulingPoint& point) override;
  std::size_t choose_value(const ValueChoice& choice) override;
  void on_yield(ThreadId thread, bool is_alone) override;

 private:
  std::uint64_t priority(ThreadId thread);

  std::uint64_t seed_;
  unsigned depth_;
  std::uint64_t points_;
  std::uint64_t now_ = 0;
  std::uint64_t lowest_ = 0;  // next priority to give to a thread that is lowered
  std::uint32_t generation_ = 0;
  Generator generator_;
  Chance spurious_;
  std::array<std::uint64_t, kDepthMax> change_at_{};  // sorted
  unsigned next_change_ = 0;
  std::array<std::uint64_t, kThreadsMax> priorities_{};
  std::array<std::uint32_t, kThreadsMax> priority_of_{};  // the execution it was drawn for
};

}  // namespace raddle::scheduler
