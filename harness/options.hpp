// Options from outside: what RADDLE_* variables mean, and what is valid.
#pragma once

#include <raddle/raddle.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace raddle::harness {

// The variables whose names start with RADDLE_, names in full.
using Environment = std::map<std::string, std::string, std::less<>>;

// Those of a null-terminated list of NAME=VALUE, such as ::environ.
Environment raddle_environment(const char* const* entries);

// A strategy as users name it. Each ':' in `syntax` stands for one argument
// that may follow: "pct[:DEPTH]" takes up to one.
struct StrategyInfo {
  std::string_view name;    // "pct"
  std::string_view syntax;  // "pct[:DEPTH]"
  std::string_view help;    // one line
};

// "random:0.25" is {"random", {"0.25"}}.
struct StrategySpec {
  std::string name;
  std::vector<std::string> arguments;

  bool operator==(const StrategySpec&) const = default;
};

// Throws UsageError if the strategy is not among `known` or has too many
// arguments. What an argument means is for number_argument and probability_argument.
StrategySpec parse_strategy(std::string_view text, std::span<const StrategyInfo> known);

// The argument at `index`, or `fallback` if it was not given. Throws UsageError, which
// calls it `what`, if it is not a whole number within the limits.
std::uint64_t number_argument(const StrategySpec& spec, std::size_t index, std::string_view what,
                              std::uint64_t fallback, std::uint64_t min, std::uint64_t max);

// The same for a number from 0 to 1.
double probability_argument(const StrategySpec& spec, std::size_t index, std::string_view what,
                            double fallback);

// Seconds: "500ms", "10s", "2m", "1h", "1.5" (seconds). Nothing if it is not a
// finite duration of 0 or more.
std::optional<double> parse_duration(std::string_view text);

// `options`, overridden by the environment, all of it valid but for the replay
// token, which only its decoder understands. Throws UsageError, which says what
// would have been valid.
Options with_environment(Options options, const Environment& environment,
                         std::span<const StrategyInfo> strategies);

}  // namespace raddle::harness
