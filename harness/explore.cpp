// raddle::explore: from what the caller wants to workers, and from what they
// find to a report.
#include "harness/conclude.hpp"
#include "harness/expectations.hpp"
#include "harness/interpose/instrumented.hpp"
#include "harness/options.hpp"
#include "harness/portfolio.hpp"
#include "harness/processes.hpp"
#include "harness/runtime.hpp"
#include "harness/search_coordinator.hpp"
#include "harness/untold_exchanges.hpp"
#include "harness/worker.hpp"
#include <raddle/raddle.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <sys/random.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace raddle {

namespace harness {
namespace {

std::vector<StrategyInfo> strategy_infos() {
  std::vector<StrategyInfo> infos{
      {kPortfolio, kPortfolio,
       "at random first, then exhaustive if that fits into the executions and the time, else at "
       "random again: the default"}};
  for (const scheduler::StrategyEntry& entry : scheduler::strategies()) {
    infos.push_back({entry.name, entry.syntax, entry.help});
  }
  return infos;
}

struct ChosenStrategy {
  const scheduler::StrategyEntry* entry;
  double argument;
};

// `options` have been checked: the name is known.
ChosenStrategy choose_strategy(const Options& options) {
  const StrategySpec spec = parse_strategy(options.strategy, strategy_infos());
  const auto all = scheduler::strategies();
  const auto entry = std::find_if(all.begin(), all.end(),
                                  [&](const auto& each) { return each.name == spec.name; });
  if (spec.arguments.empty()) return {&*entry, entry->fallback};
  const double argument =
      entry->is_whole ? static_cast<double>(number_argument(spec, 0, entry->argument, 0,
                                                            static_cast<std::uint64_t>(entry->min),
                                                            static_cast<std::uint64_t>(entry->max)))
                      : probability_argument(spec, 0, entry->argument, entry->fallback);
  return {&*entry, argument};
}

std::uint64_t fresh_seed() {
  std::uint64_t seed = 0;
  while (seed == 0) {
    std::uint32_t bits = 0;  // 32 of them are enough, and can be typed
    if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
      bits = static_cast<std::uint32_t>(getpid());
    seed = bits;
  }
  return seed;
}

std::string default_name(const SourceLocation& where) {
  const std::string framework = current_test();
  if (!framework.empty()) return framework;
  const std::string_view path = where.file_name();
  return fmt::format("{}:{}", path.substr(path.find_last_of('/') + 1), where.function_name());
}

void check_caller() {
  if (scheduler::current_thread != nullptr) {
    throw UsageError(
        "explore() was called by code under test: explorations do not nest. Call it from "
        "ordinary code, one exploration after the other.");
  }
  if (!interpose::any_instrumented_module()) {
    throw UsageError(
        "nothing in this program was compiled for raddle: compile the code under test with "
        "-fsanitize=thread (in CMake: target_link_libraries(<test> PRIVATE raddle::raddle))");
  }
}

void check_checkpoint(const Options& options) {
  if (options.checkpoint.empty()) return;
  if (options.strategy == kPortfolio || !choose_strategy(options).entry->is_search) {
    throw UsageError(
        fmt::format("RADDLE_CHECKPOINT is for a search, and strategy {} is none. "
                    "Use RADDLE_STRATEGY=exhaustive",
                    options.strategy));
  }
  if (options.on_race == OnRace::Explore) {
    throw UsageError(
        "RADDLE_CHECKPOINT does not go with RADDLE_ON_RACE=explore, under which a search begins "
        "anew with each race that it finds");
  }
}

// What the workers of one exploration leave behind.
struct Harvest {
  std::uint64_t executions = 0;
  Decisions decisions;
  const FailedExecution* failed = nullptr;  // the one with the lowest number
  const FailedExecution* race = nullptr;    // OnRace::Explore
  bool was_not_instrumented = false;
  bool is_complete = false;
  std::string left_out;
  std::uint64_t redundant = 0;
  double share = 0;
  scheduler::SizeEstimate estimate;
  std::vector<std::uintptr_t> untold_exchanges;
};

class Workers {
 public:
  Workers(Exploration& exploration, unsigned jobs, bool in_process)
      : exploration_(exploration),
        states_(jobs),
        keeper_(jobs, !exploration.options.checkpoint.empty()),
        jobs_(jobs),
        in_process_(in_process) {
    for (unsigned i = 0; i < jobs_; ++i) {
      states_[i].running = kNever;
      states_[i].decisions_min = kNever;
    }
  }

  void run() {
    if (exploration_.strategy.is_search) return search();
    if (in_process_) {
      work(exploration_, states_[0]);
      return;
    }
    std::vector<Process> processes;
    for (unsigned i = 0; i < jobs_; ++i) {
      processes.emplace_back([this, i] { work(exploration_, states_[i]); });
    }
    wait_for_all(processes, [this](std::size_t i, const Ending& ending) {
      if (!states_[i].is_over) note_death(states_[i], ending);
    });
  }

  Harvest harvest() {
    Harvest result;
    std::uint64_t sum = 0, counted = 0;
    result.decisions.min = kNever;
    for (unsigned i = 0; i < jobs_; ++i) {
      const WorkerState& state = states_[i];
      result.estimate.walks += state.estimate.walks;
      result.estimate.sum += state.estimate.sum;
      result.estimate.sum_of_squares += state.estimate.sum_of_squares;
      if (state.was_not_instrumented) result.was_not_instrumented = true;
      for (const std::uintptr_t pc : state.untold_exchanges) {
        auto& all = result.untold_exchanges;
        if (pc != 0 && std::find(all.begin(), all.end(), pc) == all.end()) all.push_back(pc);
      }
      if (state.executions > 0) {
        // Every worker runs the first; it is one and the same.
        result.executions += state.executions - (result.executions > 0 ? 1 : 0);
        result.decisions.min = std::min(result.decisions.min, state.decisions_min);
        result.decisions.max = std::max(result.decisions.max, state.decisions_max);
        sum += state.decisions_sum;
        counted += state.executions;
      }
      take_first(result.failed, state.has_failed, state.failed);
      take_first(result.race, state.has_race, state.race);
    }
    if (counted > 0)
      result.decisions.mean = static_cast<double>(sum) / static_cast<double>(counted);
    if (counted == 0) result.decisions.min = 0;
    if (exploration_.strategy.is_search) add_search(result);
    if (result.failed != nullptr) {
      // The others went on for a moment. What they did then depends on their number.
      result.executions = result.failed->execution + 1;
      if (result.race != nullptr && result.race->execution > result.failed->execution) {
        result.race = nullptr;
      }
    }
    return result;
  }

 private:
  void search() {
    std::optional<Checkpoint> checkpoint;
    std::optional<Interruption> interruption;
    if (!exploration_.options.checkpoint.empty()) {
      checkpoint.emplace(exploration_.options);
      checkpoint->load(keeper_);
      exploration_.first = keeper_.earlier_runs();
      interruption.emplace();
    }
    search(checkpoint ? &*checkpoint : nullptr, interruption ? &*interruption : nullptr);
    if (!checkpoint) return;
    // A process that was killed may have been so for reasons of the machine's.
    if (keeper_.is_over() || (has_failed() && !has_died_)) {
      checkpoint->remove();
    } else if (!has_failed()) {
      checkpoint->save(keeper_);
    }
  }

  void search(Checkpoint* checkpoint, Interruption* interruption) {
    if (in_process_) {
      LocalLink link(keeper_, checkpoint);
      work(exploration_, states_[0], &link);
      return;
    }
    SearchCoordinator coordinator(exploration_, keeper_, states_, jobs_, checkpoint, interruption);
    coordinator.run([this](std::size_t i, const Ending& ending) {
      if (!states_[i].is_over) note_death(states_[i], ending);
    });
  }

  bool has_failed() {
    for (unsigned i = 0; i < jobs_; ++i) {
      if (states_[i].has_failed) return true;
    }
    return false;
  }

  void add_search(Harvest& result) {
    const SearchCounts& counts = keeper_.counts();
    result.executions = counts.executions;
    result.redundant = counts.redundant;
    if (counts.executions > 0) {
      result.decisions = {
          counts.decisions_min, counts.decisions_max,
          static_cast<double>(counts.decisions_sum) / static_cast<double>(counts.executions)};
    }
    for (unsigned i = 0; i < jobs_; ++i) {
      if (keeper_.has_task(i)) keeper_.set_share(i, states_[i].share);
    }
    result.share = keeper_.share();
    if (!keeper_.is_over() || result.failed != nullptr) return;
    result.left_out = keeper_.left_out();
    const Options& options = exploration_.options;
    if (result.left_out.empty() && VisiblePlaces(exploration_.shared.visible).is_full()) {
      result.left_out = "too many places race for all of them to become scheduling points";
    }
    if (result.left_out.empty() && options.on_race == OnRace::Ignore && !options.all_accesses) {
      result.left_out = "races were not looked for, and plain accesses that race not interleaved";
    }
    result.is_complete = keeper_.is_complete() && result.left_out.empty();
  }

  static void take_first(const FailedExecution*& first, bool has,
                         const FailedExecution& candidate) {
    if (has && (first == nullptr || candidate.execution < first->execution)) first = &candidate;
  }

  // The process is gone and could not say why.
  void note_death(WorkerState& state, const Ending& ending) {
    const std::uint64_t running = state.running.load();
    if (running == kNever) {
      throw std::runtime_error("a worker process " + ending.text() + " between two executions");
    }
    has_died_ = true;
    state.has_failed = true;
    state.failed.execution = running;
    state.failed.failure.kind = FindingKind::Crash;
    state.failed.failure.thread = scheduler::kNoThread;
    fmt::format_to_n(state.failed.failure.message, sizeof(state.failed.failure.message) - 1,
                     "the process {}", ending.text());
    std::uint64_t bound = exploration_.shared.fails_at.load();
    while (running < bound && !exploration_.shared.fails_at.compare_exchange_weak(bound, running)) {
    }
  }

  Exploration& exploration_;
  Shared<WorkerState> states_;
  SearchKeeper keeper_;
  unsigned jobs_;
  bool in_process_;
  bool has_died_ = false;
};

Report explore_schedules(const std::function<void()>& body, const Options& options) {
  Report report;
  const ChosenStrategy strategy = choose_strategy(options);
  Shared<SharedState> shared;
  shared->fails_at = kNever;
  Exploration exploration{body, options, *strategy.entry, strategy.argument, *shared};
  Workers workers(exploration, options.jobs, options.jobs == 1);
  workers.run();
  Harvest harvest = workers.harvest();
  if (harvest.was_not_instrumented) {
    throw UsageError(
        "the body ran without one instrumented function: compile the code under test with "
        "-fsanitize=thread (in CMake: target_link_libraries(<test> PRIVATE raddle::raddle))");
  }
  if (const std::string untold = about_untold(harvest.untold_exchanges); !untold.empty()) {
    std::fprintf(stderr, "raddle: %s: RADDLE_WEAK_FAILURES: %s\n", options.test.c_str(),
                 untold.c_str());
    if (harvest.is_complete)
      harvest.left_out = "weak compare-exchanges that cannot be made to fail";
    harvest.is_complete = false;
  }
  report.executions = harvest.executions;
  report.decisions = harvest.decisions;
  report.limit = shared->out_of_time ? "time" : "executions";
  if (shared->is_interrupted) report.limit = "signal";
  if (harvest.is_complete) report.limit = "complete";
  report.complete = harvest.is_complete;
  report.redundant = harvest.redundant;
  report.share = harvest.is_complete ? 1 : harvest.share;
  report.left_out = harvest.left_out;
  report.estimate = harvest.estimate.mean();
  report.estimate_deviation = harvest.estimate.deviation();
  if (!report.left_out.empty()) report.limit = "steps";
  if (harvest.race != nullptr) {
    report.findings.push_back(conclude(body, options, OnRace::Report, *harvest.race));
  }
  if (harvest.failed != nullptr) {
    report.limit = "finding";
    report.findings.push_back(conclude(body, options, options.on_race, *harvest.failed));
  }
  return report;
}

}  // namespace
}  // namespace harness

Report explore(const std::function<void()>& body, const Options& given, SourceLocation where) {
  using namespace harness;
  const auto start = std::chrono::steady_clock::now();
  check_caller();
  Options options = with_environment(given, raddle_environment(environ), strategy_infos());
  const bool is_portfolio = options.strategy == kPortfolio;
  if (!is_portfolio) choose_strategy(options);  // throws, if its argument is wrong
  if (!body) throw UsageError("explore() needs a body to run, and was given an empty function");
  if (options.test.empty()) options.test = default_name(where);
  if (options.jobs == 0) options.jobs = std::max(1u, std::thread::hardware_concurrency());
  const bool is_replay = !options.replay.empty();
  if (!is_replay) check_checkpoint(options);
  if (options.seed == 0 && !is_replay) {
    options.seed = fresh_seed();
    if (is_portfolio || !choose_strategy(options).entry->is_search) {
      std::fprintf(stderr, "raddle: %s: RADDLE_SEED=%llu repeats this exploration\n",
                   options.test.c_str(), static_cast<unsigned long long>(options.seed));
    }
  }

  // One at a time, when threads of the caller explore side by side.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const FrameworkScope framework;
  Report report;
  if (is_replay) {
    report.findings = replay(body, options);
    report.executions = 1;
    report.limit = "replay";
    report.strategy = "replay";
  } else {
    report = is_portfolio
                 ? explore_by_portfolio(
                       options, [&](const Options& each) { return explore_schedules(body, each); })
                 : explore_schedules(body, options);
    report.strategy = options.strategy;
    report.seed = options.seed;
  }
  report.test = options.test;
  report.elapsed_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::size_t choose(std::size_t n) {
  using namespace harness;
  scheduler::Thread* self = scheduler::current_thread;
  if (self == nullptr) {
    throw UsageError("choose() was called outside an exploration: call it in the body");
  }
  if (n == 0 || n > 0xffff) {
    throw UsageError(fmt::format("choose({}): the number of choices must be from 1 to 65535", n));
  }
  const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  ++self->events;
  const std::size_t value = runtime->engine.choose_value(*self, n, scheduler::EventKind::Choose);
  runtime->engine.took_effect(*self, scheduler::EventKind::Choose, 0, value, n, pc);
  return value;
}

void check(bool condition, std::string_view message, SourceLocation where) {
  if (condition) return;
  if (scheduler::current_thread == nullptr) {
    throw UsageError("check() was called outside an exploration, and failed: " +
                     std::string(message));
  }
  const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  harness::runtime->fail(FindingKind::Assertion, message, pc, where.file_name(),
                         static_cast<int>(where.line()));
}

}  // namespace raddle
