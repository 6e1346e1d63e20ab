#include "tests/oracle/observer.hpp"

#include "harness/runtime.hpp"
#include "harness/shared_state.hpp"
#include "scheduler/strategies/random.hpp"

#include <functional>

namespace raddle::oracle {
namespace {

Options options_for(OnRace on_race) {
  Options options;
  options.on_race = on_race;
  return options;
}

}  // namespace

struct Observer::Runtimes {
  Options reporting = options_for(OnRace::Report);
  Options ignoring = options_for(OnRace::Ignore);
  harness::Shared<harness::VisiblePlaces::Shared> places;
  harness::VisiblePlaces visible{*places};
  harness::Runtime fast{reporting, visible};
  harness::Runtime recorded{ignoring, visible};
  harness::TraceBuffer buffer;

  scheduler::End run(harness::Runtime& on, const std::function<void()>& body,
                     scheduler::Random& strategy, std::uint64_t number,
                     harness::Recorder* recorder) {
    strategy.begin(number);
    harness::ExecutionPlan plan;
    plan.strategy = &strategy;
    plan.recorder = recorder;
    harness::runtime = &on;
    const scheduler::End end = on.run(body, plan);
    harness::runtime = nullptr;
    return end;
  }
};

Observer::Observer() : runtimes_(std::make_unique<Runtimes>()) {}
Observer::~Observer() = default;

Observation Observer::observe(const Program& program, std::uint64_t seed, std::uint64_t number) {
  const std::function<void()> body = [&] { run(program); };
  scheduler::Random strategy(seed);
  Observation result;
  const scheduler::End end = runtimes_->run(runtimes_->fast, body, strategy, number, nullptr);
  result.is_stuck = end == scheduler::End::Stuck;
  const harness::Failure* const failure = runtimes_->fast.failure();
  if (failure != nullptr && failure->has_problem) result.problem = failure->problem;
  harness::Recorder recorder(runtimes_->buffer);
  runtimes_->run(runtimes_->recorded, body, strategy, number, &recorder);
  result.trace = runtimes_->buffer.trace();
  return result;
}

}  // namespace raddle::oracle
