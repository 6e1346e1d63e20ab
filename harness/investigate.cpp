#include "harness/investigate.hpp"

#include "detectors/deadlock.hpp"
#include "harness/crash_handler.hpp"
#include "harness/minimise.hpp"
#include "harness/output.hpp"
#include "harness/runtime.hpp"
#include "harness/watchdog.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace raddle::harness {
namespace {

using scheduler::Deviation;
using scheduler::EventKind;
using scheduler::Schedule;

using Deviations = std::vector<Deviation>;

class Investigator {
 public:
  Investigator(const std::function<void()>& body, const Options& options, Investigation& out,
               TraceBuffer& trace)
      : body_(body),
        options_(options),
        out_(out),
        trace_(trace),
        visible_(*no_places_),
        runtime_(std::make_unique<Runtime>(options, visible_)) {
    runtime = runtime_.get();
  }
  ~Investigator() { runtime = nullptr; }

  void investigate(const Schedule& schedule, const Failure* expected, bool minimise) {
    CrashHandler crash_handler;
    Watchdog watchdog(*runtime_, options_.watchdog_s);
    Deviations best = schedule.deviations;
    // What the schedule shows in this process. What it comes down to is compared with that: in
    // another process the same object lay elsewhere.
    std::optional<Failure> here;
    {
      const Silence silence;
      follow({}, nullptr);
      if (minimise) {
        follow(best, nullptr);
        note_whether_exact(schedule);
        if (!out_.was_exact) {
          // Libraries initialise what they keep (the unwinder's tables, GoogleTest's locks)
          // when they are first used, maybe just then: what counts is whether it does the same
          // again.
          const Schedule first{out_.outcome.steps, out_.outcome.event_hash, {}};
          follow(best, nullptr);
          note_whether_exact(first);
        }
        if (is_same(expected)) {
          if (expected != nullptr) here = out_.outcome.failure;
          best = smallest();
        }
      }
    }
    Recorder recorder(trace_);
    if (expected != nullptr) {
      const Silence silence;
      follow(best, &recorder);
    } else {
      follow(best, &recorder);
      flush_output();
    }
    if (!minimise) note_whether_exact(schedule);
    out_.was_reproduced = is_same(here ? &*here : expected);
    out_.is_over = true;
  }

 private:
  void follow(const Deviations& deviations, Recorder* recorder) {
    replay_.follow(deviations);
    run(replay_, recorder);
    const auto divergence = replay_.divergence();
    out_.has_diverged = divergence.has_value();
    if (divergence) out_.divergence = *divergence;
  }

  void run(scheduler::Strategy& strategy, Recorder* recorder) {
    strategy.begin(0);
    ExecutionPlan plan;
    plan.strategy = &strategy;
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
  }

  void note_whether_exact(const Schedule& schedule) {
    out_.was_exact =
        out_.outcome.steps == schedule.steps && out_.outcome.event_hash == schedule.event_hash;
  }

  bool is_same(const Failure* expected) const {
    return out_.failed && (expected == nullptr || out_.outcome.failure.is_same_as(*expected));
  }

  // What the last run really did.
  SizedSchedule taken() const {
    return {out_.preemptions, out_.outcome.steps, out_.outcome.schedule().deviations};
  }

  // Of the failure that the last run has shown.
  Deviations smallest() {
    const Failure wanted = out_.outcome.failure;
    const SizedSchedule start = taken();
    // Each run of such a one takes as long as the watchdog is patient.
    if (wanted.kind == FindingKind::UncontrolledBlocking) return start.deviations;
    const auto stuck = stuck_kind(start.deviations);
    const Attempt attempt = [&](scheduler::Strategy& strategy, SizedSchedule& done) {
      run(strategy, nullptr);
      done = taken();
      if (!out_.failed) return Attempted::Other;
      if (out_.outcome.failure.kind == FindingKind::UncontrolledBlocking) {
        return Attempted::Hopeless;
      }
      return out_.outcome.failure.is_same_as(wanted) && stuck_kind(done.deviations) == stuck
                 ? Attempted::Same
                 : Attempted::Other;
    };
    return minimise(start, preempts_at_accesses(start), attempt).deviations;
  }

  // What a deadlock is, a lost wakeup or another, is read off its recording.
  std::optional<detectors::ProblemKind> stuck_kind(const Deviations& deviations) {
    if (out_.outcome.failure.kind != FindingKind::Deadlock) return std::nullopt;
    Recorder recorder(trace_);
    follow(deviations, &recorder);
    return detectors::classify_stuck(trace_.trace()).kind;
  }

  bool preempts_at_accesses(const SizedSchedule& schedule) const {
    if (options_.all_accesses) return true;
    return options_.on_race == OnRace::Explore &&
           std::any_of(schedule.deviations.begin(), schedule.deviations.end(),
                       [](const Deviation& deviation) {
                         return deviation.kind == EventKind::Read ||
                                deviation.kind == EventKind::Write;
                       });
  }

  const std::function<void()>& body_;
  const Options& options_;
  Investigation& out_;
  TraceBuffer& trace_;
  Shared<VisiblePlaces::Shared> no_places_;
  VisiblePlaces visible_;
  std::unique_ptr<Runtime> runtime_;
  scheduler::Replay replay_;
};

}  // namespace

void investigate(const std::function<void()>& body, const Options& options,
                 const Schedule& schedule, const Failure* expected, bool minimise,
                 Investigation& out, TraceBuffer& trace) {
  Investigator(body, options, out, trace).investigate(schedule, expected, minimise);
}

}  // namespace raddle::harness
