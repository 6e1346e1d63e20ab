// The traces that a strategy makes of a random program, and how often each.
#pragma once

#include "harness/runtime.hpp"
#include "harness/shared_state.hpp"
#include "tests/oracle/program.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace raddle::oracle {

class Traces {
 public:
  using Counts = std::map<std::string, int>;

  // `spurious`: so often each thread is woken for no reason, and a weak compare-exchange fails so.
  explicit Traces(std::uint32_t spurious = 0) : options_(ignoring_races(spurious)) {}

  // Each trace in a form that is the same for all interleavings that differ only in what commutes,
  // by a definition of its own of what commutes. Nothing if there are more than `limit`
  // executions.
  std::optional<Counts> of(const Program& program, scheduler::Strategy& strategy, int limit);

  // Those that several searches make together, which take turns and give each other work, at
  // random. Nothing, if one of them cannot be divided, or says that it left something out.
  std::optional<Counts> of_several(const Program& program, std::size_t searches,
                                   std::uint64_t seed);

  // Of the last call.
  int executions = 0, redundant = 0, tasks = 0;

 private:
  void execute(const Program& program, scheduler::Strategy& strategy, Counts& counts);

  static Options ignoring_races(std::uint32_t spurious) {
    Options options;
    options.on_race = OnRace::Ignore;
    options.spurious_wakeups = options.weak_failures = spurious;
    return options;
  }
  const Options options_;
  harness::Shared<harness::VisiblePlaces::Shared> places_;
  harness::VisiblePlaces visible_{*places_};
  harness::Runtime runtime_{options_, visible_};
};

// The number that the variable holds, or `fallback` if it is not set.
std::uint64_t from_environment(const char* name, std::uint64_t fallback);

}  // namespace raddle::oracle
