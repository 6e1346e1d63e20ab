// The strategy of docs/guides/add_a_strategy.md.
#pragma once

#include "scheduler/strategies/generator.hpp"
#include "scheduler/strategies/strategy.hpp"

namespace raddle::scheduler {

// [class]
// One thread, drawn anew for each execution, goes on only when nobody else can; the
// others walk at random. Finds what goes wrong when somebody is late.
class LateThread final : public Strategy {
 public:
  LateThread(std::uint64_t seed, unsigned threads) : seed_(seed), threads_(threads) {}

  void begin(std::uint64_t number) override;
  ThreadId choose_thread(const SchedulingPoint& point) override;
  std::size_t choose_value(const ValueChoice& choice) override;

 private:
  std::uint64_t seed_;
  unsigned threads_;  // it is one of the first so many
  Generator generator_;
  ThreadId late_{kNoThread};
};
// [/class]

}  // namespace raddle::scheduler
