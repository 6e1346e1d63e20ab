#pragma once

#include <raddle/raddle.hpp>

#include <cstdint>

namespace raddle::bench {

// Explores `body` at random in this process. Throws if it has a finding: the
// programs measured have none.
inline void explore_at_random(void (*body)(), std::uint64_t executions,
                              OnRace on_race = OnRace::Report) {
  Options options;
  options.test = "bench";
  options.seed = 1;
  options.executions = executions;
  options.jobs = 1;
  options.on_race = on_race;
  const Report report = explore(body, options);
  if (!report.clean()) throw std::logic_error("a benchmark has a bug:\n" + report.text());
}

}  // namespace raddle::bench
