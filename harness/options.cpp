#include "harness/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <numeric>
#include <utility>

namespace raddle::harness {
namespace {

constexpr std::string_view kNamePrefix = "RADDLE_";
constexpr unsigned kJobsMax = 1024;
constexpr std::size_t kStackBytesMin = 64 * 1024;
constexpr std::size_t kStackBytesMax = std::size_t{1} << 30;

template <typename Number>
bool parse_all(std::string_view text, Number& number, auto... how) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, how...);
  return error == std::errc{} && rest == end;
}

// Each overload sets the option and says whether the text was valid.
template <std::unsigned_integral Number>
bool assign(Number& option, std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  return is_hex ? parse_all(text.substr(2), option, 16) : parse_all(text, option, 10);
}

bool assign(bool& option, std::string_view text) {
  static constexpr std::array<std::string_view, 4> kYes{"1", "true", "yes", "on"};
  static constexpr std::array<std::string_view, 4> kNo{"0", "false", "no", "off"};
  option = std::find(kYes.begin(), kYes.end(), text) != kYes.end();
  return option || std::find(kNo.begin(), kNo.end(), text) != kNo.end();
}

bool assign(OnRace& option, std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, OnRace>, 3> kValues{
      {{"report", OnRace::Report}, {"explore", OnRace::Explore}, {"ignore", OnRace::Ignore}}};
  for (const auto& [name, value] : kValues) {
    if (text != name) continue;
    option = value;
    return true;
  }
  return false;
}

bool assign(std::string& option, std::string_view text) {
  option = text;
  return !text.empty();
}

bool assign_duration(double& option, std::string_view text) {
  const std::optional<double> seconds = parse_duration(text);
  if (seconds) option = *seconds;
  return seconds.has_value();
}

bool assign_bytes(std::size_t& option, std::string_view text) {
  std::size_t unit = 1;
  if (text.ends_with('K')) unit = 1024;
  if (text.ends_with('M')) unit = 1024 * 1024;
  if (unit != 1) text.remove_suffix(1);
  if (!assign(option, text) || option > SIZE_MAX / unit) return false;
  option *= unit;
  return true;
}

struct Variable {
  std::string_view name;   // after the prefix
  std::string_view valid;  // "must be ..."
  bool (*set)(Options&, std::string_view);
};

constexpr std::string_view kWholeNumber = "a whole number";
constexpr std::string_view kDuration = "a duration, such as 500ms, 10s, 2m, 1h or 1.5 (seconds)";
constexpr std::string_view kYesOrNo = "1, true, yes, on, 0, false, no or off";

// One entry for each member of Options that makes sense from outside: the name of
// a test does not.
constexpr std::array kVariables{
    Variable{"STRATEGY", "the name of a strategy",
             [](Options& o, std::string_view text) { return assign(o.strategy, text); }},
    Variable{"SEED", "a whole number below 2^64, decimal or 0x...; 0 for a fresh one",
             [](Options& o, std::string_view text) { return assign(o.seed, text); }},
    Variable{"EXECUTIONS", kWholeNumber,
             [](Options& o, std::string_view text) { return assign(o.executions, text); }},
    Variable{"TIME", kDuration,
             [](Options& o, std::string_view text) { return assign_duration(o.time_s, text); }},
    Variable{"JOBS", "a whole number; 0 for one per core",
             [](Options& o, std::string_view text) { return assign(o.jobs, text); }},
    Variable{"STEPS", kWholeNumber,
             [](Options& o, std::string_view text) { return assign(o.steps_max, text); }},
    Variable{"WATCHDOG", kDuration,
             [](Options& o, std::string_view text) { return assign_duration(o.watchdog_s, text); }},
    Variable{"ON_RACE", "report, explore or ignore",
             [](Options& o, std::string_view text) { return assign(o.on_race, text); }},
    Variable{"ALL_ACCESSES", kYesOrNo,
             [](Options& o, std::string_view text) { return assign(o.all_accesses, text); }},
    Variable{"SPURIOUS_WAKEUPS", kWholeNumber,
             [](Options& o, std::string_view text) { return assign(o.spurious_wakeups, text); }},
    Variable{"WEAK_FAILURES", kWholeNumber,
             [](Options& o, std::string_view text) { return assign(o.weak_failures, text); }},
    Variable{"MINIMISE", kYesOrNo,
             [](Options& o, std::string_view text) { return assign(o.minimise, text); }},
    Variable{"REPLAY", "a replay token, which starts with r1-",
             [](Options& o, std::string_view text) { return assign(o.replay, text); }},
    Variable{"STACK", "a number of bytes, such as 262144, 256K or 1M",
             [](Options& o, std::string_view text) { return assign_bytes(o.stack_bytes, text); }},
    Variable{"CHECKPOINT", "a folder",
             [](Options& o, std::string_view text) { return assign(o.checkpoint, text); }},
};

// Insertions, deletions and replacements that turn one into the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// "; did you mean X?" if something valid is near, else "".
std::string suggestion(std::string_view text, const std::vector<std::string>& valid) {
  const auto nearest = std::min_element(valid.begin(), valid.end(), [&](auto& a, auto& b) {
    return distance(text, a) < distance(text, b);
  });
  // Farther than that it is another word and not a slip of the finger.
  const std::size_t far = std::max<std::size_t>(2, text.size() / 3);
  if (nearest == valid.end() || distance(text, *nearest) > far) return "";
  return fmt::format("; did you mean {}?", *nearest);
}

[[noreturn]] void throw_unknown_variable(std::string_view name) {
  std::vector<std::string> valid;
  for (const Variable& variable : kVariables) {
    valid.push_back(fmt::format("{}{}", kNamePrefix, variable.name));
  }
  throw UsageError(fmt::format("unknown environment variable {}{}\nvalid: {}", name,
                               suggestion(name, valid), fmt::join(valid, ", ")));
}

void require(bool holds, std::string_view option, std::string_view variable,
             std::string_view rule) {
  if (holds) return;
  throw UsageError(
      fmt::format("{0} must be {1} (Options::{0} or RADDLE_{2})", option, rule, variable));
}

void check(const Options& options, std::span<const StrategyInfo> strategies) {
  require(options.executions >= 1, "executions", "EXECUTIONS", "at least 1");
  require(options.steps_max >= 1, "steps_max", "STEPS", "at least 1");
  require(options.jobs <= kJobsMax, "jobs", "JOBS", fmt::format("at most {}", kJobsMax));
  require(std::isfinite(options.time_s) && options.time_s >= 0, "time_s", "TIME",
          "0 (no limit) or more seconds");
  require(std::isfinite(options.watchdog_s) && options.watchdog_s > 0, "watchdog_s", "WATCHDOG",
          "more than 0 seconds");
  require(options.stack_bytes >= kStackBytesMin && options.stack_bytes <= kStackBytesMax,
          "stack_bytes", "STACK",
          fmt::format("at least {} and at most {}", kStackBytesMin, kStackBytesMax));
  parse_strategy(options.strategy, strategies);
}

// Null if it was not given.
const std::string* argument(const StrategySpec& spec, std::size_t index) {
  return index < spec.arguments.size() ? &spec.arguments[index] : nullptr;
}

[[noreturn]] void throw_bad_argument(const StrategySpec& spec, std::string_view what,
                                     std::string_view rule, std::string_view text) {
  throw UsageError(
      fmt::format("strategy {}: the {} must be {}, not \"{}\"", spec.name, what, rule, text));
}

}  // namespace

Environment raddle_environment(const char* const* entries) {
  Environment environment;
  for (; entries != nullptr && *entries != nullptr; ++entries) {
    const std::string_view entry = *entries;
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with(kNamePrefix) || equals == entry.npos) continue;
    environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

std::optional<double> parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 4> kUnits{
      {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}}};
  double unit_s = 1;
  for (const auto& [suffix, seconds] : kUnits) {
    if (!text.ends_with(suffix)) continue;
    text.remove_suffix(suffix.size());
    unit_s = seconds;
    break;
  }
  double number = 0;
  if (!parse_all(text, number)) return std::nullopt;
  number *= unit_s;
  if (!std::isfinite(number) || number < 0) return std::nullopt;
  return number;
}

StrategySpec parse_strategy(std::string_view text, std::span<const StrategyInfo> known) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0, end = 0; end != text.npos; begin = end + 1) {
    end = text.find(':', begin);
    parts.emplace_back(text.substr(begin, end == text.npos ? end : end - begin));
  }
  StrategySpec spec{parts.front(), {parts.begin() + 1, parts.end()}};

  const auto info = std::find_if(known.begin(), known.end(),
                                 [&](const StrategyInfo& i) { return i.name == spec.name; });
  if (info == known.end()) {
    std::vector<std::string> names;
    std::string list;
    for (const StrategyInfo& valid : known) {
      names.emplace_back(valid.name);
      list += fmt::format("\n  {:<20}  {}", valid.syntax, valid.help);
    }
    throw UsageError(fmt::format("unknown strategy \"{}\"{}\nvalid strategies:{}", text,
                                 suggestion(spec.name, names), list));
  }
  const auto arguments_max = std::count(info->syntax.begin(), info->syntax.end(), ':');
  if (std::ssize(spec.arguments) > arguments_max) {
    throw UsageError(fmt::format("strategy \"{}\" has too many arguments; it is written {}", text,
                                 info->syntax));
  }
  if (std::find(spec.arguments.begin(), spec.arguments.end(), "") != spec.arguments.end()) {
    throw UsageError(
        fmt::format("strategy \"{}\" has an empty argument; it is written {}", text, info->syntax));
  }
  return spec;
}

std::uint64_t number_argument(const StrategySpec& spec, std::size_t index, std::string_view what,
                              std::uint64_t fallback, std::uint64_t min, std::uint64_t max) {
  const std::string* const text = argument(spec, index);
  if (text == nullptr) return fallback;
  std::uint64_t number = 0;
  if (parse_all(*text, number) && number >= min && number <= max) return number;
  throw_bad_argument(spec, what, fmt::format("a whole number from {} to {}", min, max), *text);
}

double probability_argument(const StrategySpec& spec, std::size_t index, std::string_view what,
                            double fallback) {
  const std::string* const text = argument(spec, index);
  if (text == nullptr) return fallback;
  double number = 0;
  if (parse_all(*text, number) && number >= 0 && number <= 1) return number;
  throw_bad_argument(spec, what, "a number from 0 to 1", *text);
}

Options with_environment(Options options, const Environment& environment,
                         std::span<const StrategyInfo> strategies) {
  for (const auto& [name, value] : environment) {
    const std::string_view short_name = std::string_view(name).substr(kNamePrefix.size());
    const auto variable = std::find_if(kVariables.begin(), kVariables.end(),
                                       [&](const Variable& v) { return v.name == short_name; });
    if (variable == kVariables.end()) throw_unknown_variable(name);
    if (!variable->set(options, value)) {
      throw UsageError(fmt::format("{}=\"{}\" is not valid: it must be {}, or the variable unset",
                                   name, value, variable->valid));
    }
  }
  check(options, strategies);
  return options;
}

}  // namespace raddle::harness
