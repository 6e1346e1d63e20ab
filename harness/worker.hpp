#pragma once

#include "harness/options.hpp"
#include "harness/search_link.hpp"
#include "harness/shared_state.hpp"
#include "scheduler/strategies/factory.hpp"

#include <functional>

namespace raddle::harness {

struct Exploration {
  const std::function<void()>& body;
  const Options& options;  // complete and valid; the seed is not 0
  const scheduler::StrategyEntry& strategy;
  double argument;  // of the strategy
  SharedState& shared;
  std::uint64_t first = 0;  // number of the first execution: others were run by earlier processes
};

// Runs executions until there are no more to take, one fails, or time is up.
// Execution 0 follows the default schedule; every worker runs it first, so that what
// a process does only once (dynamic linking, lazily built tables) lies behind it.
// A search takes its tasks from `link`; other strategies need none.
void work(const Exploration& exploration, WorkerState& state, SearchLink* link = nullptr);

}  // namespace raddle::harness
