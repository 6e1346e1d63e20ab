#pragma once

#include "scheduler/strategies/strategy.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace raddle::scheduler {

// What a strategy may want to know of the test before it starts.
struct StrategyContext {
  std::uint64_t seed;
  // Scheduling points of the execution that made none but the default choices, those with nothing
  // to choose among them: where one schedule leaves no choice, another one does.
  std::uint64_t points;
};

// The one list of strategies. `syntax` is "name[:ARGUMENT]".
struct StrategyEntry {
  std::string_view name;
  std::string_view syntax;
  std::string_view help;
  std::string_view argument;  // what it is, for errors
  double fallback, min, max;  // of the argument
  bool is_whole;              // the argument is a whole number
  bool is_search;             // what is next depends on what was before: workers share a tree
  std::unique_ptr<Strategy> (*make)(const StrategyContext& context, double argument);
};

std::span<const StrategyEntry> strategies();

}  // namespace raddle::scheduler
