// How the tests of this folder explore.
#pragma once

#include <raddle/gtest.hpp>

#include <functional>

namespace raddle::tests {

inline Report explore_fibers(const std::function<void()>& body, const char* strategy = "random",
                             OnRace on_race = OnRace::Report) {
  Options options;
  options.test = "fibers";
  options.strategy = strategy;
  options.seed = 7;
  options.executions = 500;
  options.jobs = 1;
  options.on_race = on_race;
  return explore(body, options);
}

// Has to be clean, whoever chooses.
inline void expect_clean(const std::function<void()>& body) {
  EXPECT_THAT(explore_fibers(body), FindsNothing());
  EXPECT_THAT(explore_fibers(body, "pct"), FindsNothing());
}

}  // namespace raddle::tests
