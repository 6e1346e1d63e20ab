#include "harness/worker.hpp"

#include "harness/checkpoint.hpp"
#include "harness/crash_handler.hpp"
#include "harness/progress.hpp"
#include "harness/runtime.hpp"
#include "harness/search_reporter.hpp"
#include "harness/seconds_now.hpp"
#include "harness/watchdog.hpp"
#include "scheduler/strategies/replay.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <time.h>

namespace raddle::harness {
namespace {

// Executions taken at a time: few enough to share the work evenly, enough that
// workers seldom meet.
constexpr std::uint64_t kBatch = 64;

// Under OnRace::Explore executions come in rounds, 0 to 15, to 127, to 1023 and so on. What
// is found in one makes accesses visible in the next.
constexpr std::uint64_t kFirstRound = 16;

std::uint64_t end_of_round(std::uint32_t round) {
  return kFirstRound << (3 * std::min(round, 16u));
}

void lower(std::atomic<std::uint64_t>& bound, std::uint64_t to) {
  std::uint64_t now = bound.load();
  while (to < now && !bound.compare_exchange_weak(now, to)) {
  }
}

class Worker {
 public:
  Worker(const Exploration& exploration, WorkerState& state, SearchLink* link)
      : exploration_(exploration),
        link_(link),
        options_(exploration.options),
        shared_(exploration.shared),
        state_(state),
        visible_(shared_.visible),
        runtime_(options_, visible_),
        progress_(options_.test),
        deadline_(options_.time_s > 0 ? seconds_now() + options_.time_s : 0) {
    state_.running = kNever;
    state_.decisions_min = kNever;
    runtime = &runtime_;
  }
  ~Worker() {
    state_.untold_exchanges = runtime_.untold_exchanges();
    runtime = nullptr;
    if (strategy_ != nullptr) state_.estimate = strategy_->estimate();
  }

  void work() {
    CrashHandler crash_handler;
    Watchdog watchdog(runtime_, options_.watchdog_s);
    const bool is_fine = measure(0);
    count();
    if (!is_fine) return;
    if (!runtime_.saw_instrumented_code()) {
      state_.was_not_instrumented = true;
      return;
    }
    if (exploration_.strategy.is_search) return search();
    std::uint32_t round = 0;
    for (;;) {
      const std::uint64_t first = shared_.next.load();
      if (first >= options_.executions || first > shared_.fails_at.load()) return;
      if (options_.on_race == OnRace::Explore && first >= end_of_round(round)) {
        const std::uint64_t begin = end_of_round(round);
        if (!wait_for_round(begin)) return;
        visible_.begin_round(++round);
        if (!measure(begin)) return;
        continue;
      }
      std::uint64_t end = std::min(first + kBatch, options_.executions);
      if (options_.on_race == OnRace::Explore) end = std::min(end, end_of_round(round));
      std::uint64_t expected = first;
      if (!shared_.next.compare_exchange_strong(expected, end)) continue;
      for (std::uint64_t number = first; number < end; ++number) {
        if (number > shared_.fails_at.load(std::memory_order_relaxed)) break;
        if (is_out_of_time()) return;
        // Number 0 has been run; every worker does that on its own.
        if (number != 0 && !run(number)) return;
      }
      shared_.completed.fetch_add(end - first);
    }
  }

 private:
  // Runs the default schedule, which tells the strategy how long an execution is. Accesses that
  // have become visible make it longer. False: it failed, and counts as execution `number`.
  bool measure(std::uint64_t number) {
    scheduler::Replay by_default;
    if (!execute(number, by_default)) return false;
    strategy_ = exploration_.strategy.make({options_.seed, runtime_.engine.points()},
                                           exploration_.argument);
    return true;
  }

  // One task after the other.
  void search() {
    forget_counts();
    Bytes order;
    while (link_->receive(order)) {
      Reader in(order);
      const auto round = in.get<std::uint32_t>();
      const bool is_undivided = in.get<bool>();
      if (round != visible_.round()) {
        visible_.begin_round(round);
        state_.redundant += state_.executions;
        const bool is_fine = measure(shared_.next.load());
        if (!is_fine) return count();
        forget_counts();
      }
      reporter_.emplace(dynamic_cast<scheduler::Exhaustive&>(*strategy_), *link_, state_);
      reporter_->begin_task(in.get_bytes(), is_undivided);
      if (!explore_task()) return;
    }
  }

  // One execution after the other, until the strategy has seen everything. Where a race is found
  // and is to be explored, its accesses become scheduling points and the search begins anew.
  // False: the exploration is over.
  bool explore_task() {
    for (;;) {
      if (shared_.fails_at.load(std::memory_order_relaxed) != kNever) return stop_search();
      const std::uint64_t ticket = shared_.next.fetch_add(1);
      const std::uint64_t number = exploration_.first + ticket;
      if (ticket >= options_.executions || is_out_of_time() || is_interrupted()) {
        reporter_->tell_state();
        return false;
      }
      const bool is_fine = execute(number, *strategy_);
      const bool is_redundant = is_fine && strategy_->was_redundant();
      if (is_redundant) {
        ++state_.redundant;
      } else {
        count();
      }
      reporter_->count(is_redundant, runtime_.engine.decisions());
      if (!is_fine) return stop_search();
      const bool has_next = strategy_->next();
      state_.share = strategy_->share();
      // Where there are several workers, the one who keeps the tree shows it.
      if (options_.jobs == 1 && number % kBatch == 0) {
        progress_.show(state_.executions + state_.redundant, [this] { return state_.share; });
      }
      if (options_.on_race == OnRace::Explore && visible_.has_grown() && !visible_.is_full()) {
        reporter_->tell_end_of_round();
        return true;
      }
      if (!reporter_->tell(has_next)) return true;
    }
  }

  bool stop_search() {
    reporter_->tell_stop();
    return false;
  }

  // What has been run until now is none of the strategy's.
  void forget_counts() {
    state_.executions = 0;
    state_.decisions_min = kNever;
    state_.decisions_max = state_.decisions_sum = 0;
  }

  bool run(std::uint64_t number) {
    const bool is_fine = execute(number, *strategy_);
    count();
    return is_fine;
  }

  void count() {
    ++state_.executions;
    const std::uint64_t decisions = runtime_.engine.decisions();
    state_.decisions_min = std::min(state_.decisions_min, decisions);
    state_.decisions_max = std::max(state_.decisions_max, decisions);
    state_.decisions_sum += decisions;
  }

  // False: it failed.
  bool execute(std::uint64_t number, scheduler::Strategy& strategy) {
    state_.running.store(number, std::memory_order_relaxed);
    state_.failed.execution = number;
    strategy.begin(number);
    ExecutionPlan plan;
    plan.strategy = &strategy;
    plan.log = {state_.failed.deviations, FailedExecution::kDeviationsMax,
                &state_.failed.deviation_count};
    runtime_.run(exploration_.body, plan);
    state_.running.store(kNever, std::memory_order_relaxed);
    if (runtime_.race() != nullptr && !state_.has_race) [[unlikely]] {
      // The race did not end the execution; what was decided after it does no harm.
      state_.has_race = true;
      keep(state_.race, *runtime_.race(), number);
    }
    if (const Failure* failure = runtime_.failure()) [[unlikely]] {
      state_.has_failed = true;
      keep(state_.failed, *failure, number);
      lower(shared_.fails_at, number);
      return false;
    }
    return true;
  }

  void keep(FailedExecution& out, const Failure& failure, std::uint64_t number) {
    if (&out != &state_.failed) {
      out.deviation_count = state_.failed.deviation_count;
      std::memcpy(out.deviations, state_.failed.deviations,
                  std::min(out.deviation_count, FailedExecution::kDeviationsMax) *
                      sizeof(scheduler::Deviation));
    }
    out.execution = number;
    out.failure = failure;
    out.steps = runtime_.engine.steps();
    out.event_hash = runtime_.engine.event_hash();
  }

  // Until every execution of the round is over. False: the exploration is.
  bool wait_for_round(std::uint64_t end) {
    while (shared_.completed.load() < end) {
      if (shared_.fails_at.load() < end || is_out_of_time()) return false;
      const timespec moment{0, 50'000};
      nanosleep(&moment, nullptr);
    }
    return true;
  }

  bool is_out_of_time() {
    if (deadline_ != 0 && seconds_now() > deadline_) shared_.out_of_time = true;
    return shared_.out_of_time.load(std::memory_order_relaxed);
  }

  // In a process of its own, the one that started it has noticed.
  bool is_interrupted() {
    if (Interruption::has_come()) shared_.is_interrupted = true;
    return shared_.is_interrupted.load(std::memory_order_relaxed);
  }

  const Exploration& exploration_;
  SearchLink* link_;
  std::optional<SearchReporter> reporter_;
  const Options& options_;
  SharedState& shared_;
  WorkerState& state_;
  VisiblePlaces visible_;
  Runtime runtime_;
  std::unique_ptr<scheduler::Strategy> strategy_;
  Progress progress_;
  double deadline_;
};

}  // namespace

void work(const Exploration& exploration, WorkerState& state, SearchLink* link) {
  // On the heap: the failures that it keeps are large.
  std::make_unique<Worker>(exploration, state, link)->work();
  state.is_over = true;
}

}  // namespace raddle::harness
