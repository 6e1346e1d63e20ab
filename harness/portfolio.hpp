// What is done where nobody asked for a certain strategy.
#pragma once

#include <raddle/raddle.hpp>

#include <functional>
#include <string_view>

namespace raddle::harness {

inline constexpr std::string_view kPortfolio = "portfolio";

// One exploration after the other, within the executions and the time of `options`: a short one at
// random, which finds most mistakes at once; then every interleaving, if an estimate says that they
// fit into what is left; else at random again. Stops at a finding. `explore_by` is asked for
// each, with its strategy and limits.
Report explore_by_portfolio(const Options& options,
                            const std::function<Report(const Options&)>& explore_by);

}  // namespace raddle::harness
