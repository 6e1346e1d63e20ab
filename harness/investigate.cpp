#include "harness/investigate.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "harness/crash_handler.hpp"
#include "harness/runtime.hpp"
#include "harness/watchdog.hpp"

namespace raddle::harness {
namespace {

using scheduler::Deviation;
using scheduler::Replay;

// Schedules tried at most to make one smaller.
constexpr std::uint64_t kTriesMax = 3000;

using Deviations = std::vector<Deviation>;

class Investigator {
 public:
  Investigator(const std::function<void()>& body, const Options& options, Investigation& out,
               TraceBuffer& trace)
      : body_(body),
        out_(out),
        trace_(trace),
        visible_(*no_places_),
        runtime_(std::make_unique<Runtime>(options, visible_)) {
    runtime = runtime_.get();
  }
  ~Investigator() { runtime = nullptr; }

  void investigate(const scheduler::Schedule& schedule, const Failure* expected, bool minimise,
                   double watchdog_s) {
    CrashHandler crash_handler;
    Watchdog watchdog(*runtime_, watchdog_s);
    out_.tried = 0;
    run({}, nullptr);
    Deviations best = schedule.deviations;
    // What a smaller schedule led to is compared with a failure in this process: in the one that
    // found it, objects lay elsewhere.
    Failure wanted;
    if (minimise) {
      run(best, nullptr);
      if (is_same(expected)) {
        wanted = out_.outcome.failure;
        expected = &wanted;
        best = taken();
        std::uint64_t preemptions = out_.preemptions;
        shrink(best, preemptions, wanted);
      }
    }
    Recorder recorder(trace_);
    run(best, &recorder);
    out_.was_reproduced = is_same(expected);
    out_.is_over = true;
  }

 private:
  void run(const Deviations& deviations, Recorder* recorder) {
    replay_.follow(deviations);
    ExecutionPlan plan;
    plan.strategy = &replay_;
    plan.log = {out_.outcome.deviations, FailedExecution::kDeviationsMax,
                &out_.outcome.deviation_count};
    plan.recorder = recorder;
    plan.is_replay = true;
    out_.failed = false;
    runtime_->run(body_, plan);
    out_.outcome.steps = runtime_->engine.steps();
    out_.outcome.event_hash = runtime_->engine.event_hash();
    out_.preemptions = runtime_->engine.preemptions();
    if (const Failure* failure = runtime_->failure()) {
      out_.failed = true;
      out_.outcome.failure = *failure;
    }
    const auto divergence = replay_.divergence();
    out_.has_diverged = divergence.has_value();
    if (divergence) out_.divergence = *divergence;
  }

  bool is_same(const Failure* expected) const {
    return out_.failed && (expected == nullptr || out_.outcome.failure.is_same_as(*expected));
  }

  // What the last run really did.
  Deviations taken() const { return out_.outcome.schedule().deviations; }

  // Keeps `candidate`, as it turns out when run, if it still fails in the same way and is smaller.
  bool improves(const Deviations& candidate, Deviations& best, std::uint64_t& preemptions,
                const Failure& wanted) {
    ++out_.tried;
    run(candidate, nullptr);
    if (!out_.failed || !out_.outcome.failure.is_same_as(wanted)) return false;
    Deviations now = taken();
    if (out_.preemptions > preemptions ||
        (out_.preemptions == preemptions && now.size() >= best.size())) {
      return false;
    }
    best = std::move(now);
    preemptions = out_.preemptions;
    return true;
  }

  // Delta debugging (Zeller, Hildebrandt, TSE 2002): leaves out ever smaller
  // pieces until no single deviation can be spared.
  void shrink(Deviations& best, std::uint64_t& preemptions, const Failure& wanted) {
    improves({}, best, preemptions, wanted);
    std::size_t piece = std::max<std::size_t>(best.size() / 2, 1);
    while (!best.empty() && out_.tried < kTriesMax) {
      bool improved = false;
      for (std::size_t at = 0; at < best.size() && out_.tried < kTriesMax;) {
        Deviations candidate = best;
        const auto from = candidate.begin() + static_cast<std::ptrdiff_t>(at);
        candidate.erase(from, from + static_cast<std::ptrdiff_t>(std::min(piece, best.size() - at)));
        if (improves(candidate, best, preemptions, wanted)) {
          improved = true;
        } else {
          at += piece;
        }
      }
      if (piece > 1) {
        piece = std::max<std::size_t>(std::min(piece / 2, best.size() / 2), 1);
      } else if (!improved) {
        break;
      }
    }
  }

  const std::function<void()>& body_;
  Investigation& out_;
  TraceBuffer& trace_;
  Shared<VisiblePlaces::Shared> no_places_;
  VisiblePlaces visible_;
  std::unique_ptr<Runtime> runtime_;
  Replay replay_;
};

}  // namespace

void investigate(const std::function<void()>& body, const Options& options,
                 const scheduler::Schedule& schedule, const Failure* expected, bool minimise,
                 Investigation& out, TraceBuffer& trace) {
  Investigator(body, options, out, trace)
      .investigate(schedule, expected, minimise, options.watchdog_s);
}

}  // namespace raddle::harness
