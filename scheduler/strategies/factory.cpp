#include "scheduler/strategies/factory.hpp"

#include "scheduler/strategies/exhaustive/estimate.hpp"
#include "scheduler/strategies/exhaustive/exhaustive.hpp"
#include "scheduler/strategies/mix.hpp"
#include "scheduler/strategies/pct.hpp"
#include "scheduler/strategies/random.hpp"

#include <array>

namespace raddle::scheduler {
namespace {

constexpr std::array kStrategies{
    StrategyEntry{
        "random", "random[:SWITCH_PROBABILITY]",
        "a random walk; without a probability executions take turns with several",
        "switch probability", Random::kVaried, 0, 1, false, false,
        [](const StrategyContext& context, double probability) -> std::unique_ptr<Strategy> {
          return std::make_unique<Random>(context.seed, probability);
        }},
    StrategyEntry{"pct", "pct[:DEPTH]",
                  "random priorities, lowered at DEPTH - 1 points: finds bugs of that depth with a "
                  "known probability",
                  "depth", 3, 1, Pct::kDepthMax, true, false,
                  [](const StrategyContext& context, double depth) -> std::unique_ptr<Strategy> {
                    return std::make_unique<Pct>(context.seed, static_cast<unsigned>(depth),
                                                 context.points);
                  }},
    StrategyEntry{"mix", "mix", "a random walk and pct in turn", "", 0, 0, 0, true, false,
                  [](const StrategyContext& context, double) -> std::unique_ptr<Strategy> {
                    return std::make_unique<Mix>(context.seed, context.points);
                  }},
    StrategyEntry{"estimate", "estimate",
                  "random walks that tell how many executions exhaustive would need", "", 0, 0, 0,
                  true, false,
                  [](const StrategyContext& context, double) -> std::unique_ptr<Strategy> {
                    return std::make_unique<Estimate>(context.seed);
                  }},
    StrategyEntry{"exhaustive", "exhaustive[:STEPS]",
                  "every interleaving, one execution for all that only differ in the order of "
                  "what commutes; says when it is complete. With STEPS, of so many of each thread",
                  "steps", Exhaustive::kStepsMax, 1, 1e6, true, true,
                  [](const StrategyContext&, double steps) -> std::unique_ptr<Strategy> {
                    return std::make_unique<Exhaustive>(static_cast<std::uint64_t>(steps));
                  }},
};

}  // namespace

std::span<const StrategyEntry> strategies() { return kStrategies; }

}  // namespace raddle::scheduler
