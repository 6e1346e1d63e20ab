#include "harness/conclude.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "detectors/deadlock.hpp"
#include "harness/expectations.hpp"
#include "harness/interpose/instrumented.hpp"
#include "harness/investigate.hpp"
#include "harness/processes.hpp"
#include "harness/report/describe.hpp"

namespace raddle::harness {
namespace {

using scheduler::Schedule;
using scheduler::TokenFlags;

// A schedule, run again and recorded.
class Rerun {
 public:
  void run(const std::function<void()>& body, const Options& options, const Schedule& schedule,
           const Failure* expected, bool minimise) {
    out_->reset();
    trace_.clear();
    const auto work = [&] {
      investigate(body, options, schedule, expected, minimise, *out_, trace_);
    };
    ending_ = Ending{};
    if (options.jobs == 1) {
      work();
    } else {
      ending_ = Process(work).wait();
    }
  }

  bool has_lived() const { return out_->is_over; }
  const Ending& ending() const { return ending_; }
  const Investigation& result() { return *out_; }
  scheduler::Trace trace() const { return trace_.trace(); }

 private:
  Shared<Investigation> memory_;
  Investigation* out_ = &*memory_;
  TraceBuffer trace_;
  Ending ending_;
};

std::string message_of(const Failure& failure, const Options& options) {
  if (failure.kind == FindingKind::StepLimit && failure.message[0] == '\0') {
    return fmt::format(
        "more than {} events in one execution; an endless loop, or the limit is too low "
        "(RADDLE_STEPS sets it)",
        options.steps_max);
  }
  return failure.message;
}

// Where the program itself was when a signal came, rather than the library it had called.
std::uintptr_t place_of(const Failure& failure) {
  for (std::uint32_t i = 0; i < failure.backtrace_length; ++i) {
    if (interpose::is_instrumented(failure.backtrace[i])) return failure.backtrace[i];
  }
  return failure.pc;
}

report::RawFinding raw_finding(const Failure& failure, const scheduler::Trace& trace,
                               const Options& options) {
  report::RawFinding raw;
  raw.kind = failure.kind;
  raw.message = message_of(failure, options);
  raw.thread = failure.thread;
  raw.step = failure.step;
  raw.pc = place_of(failure);
  raw.file = failure.file;
  raw.line = failure.line;
  if (failure.has_problem) {
    raw.problem = failure.problem;
  } else if (failure.kind == FindingKind::Deadlock) {
    raw.stuck = detectors::classify_stuck(trace);
    switch (raw.stuck->kind) {
      case detectors::ProblemKind::LostWakeup: raw.kind = FindingKind::LostWakeup; break;
      case detectors::ProblemKind::MutexMisuse: raw.kind = FindingKind::MutexMisuse; break;
      default: break;
    }
  }
  return raw;
}

std::string operation_text(scheduler::EventKind kind, std::uint16_t object) {
  std::string text(name(kind));
  if (object != 0) text += fmt::format(" (object {})", object);
  return text;
}

std::string thread_text(scheduler::ThreadId thread) {
  return thread == scheduler::ThreadId{} ? "main" : fmt::format("T{}", index(thread));
}

// "step 17 of T1: expected T2 lock, found T2 atomic load"
std::string divergence_text(const scheduler::Divergence& divergence) {
  const scheduler::Deviation& expected = divergence.expected;
  std::string text = fmt::format("step {} of {}: expected ", expected.step, thread_text(expected.thread));
  if (expected.is_value) {
    text += fmt::format("a choice among {}", expected.options);
  } else {
    text += fmt::format("{} to go on with {}",
                        thread_text(scheduler::thread_id(expected.choice)),
                        operation_text(expected.kind, expected.object));
  }
  if (!divergence.was_offered) {
    return text + fmt::format(", found no choice there; {} was at its step {}",
                              thread_text(divergence.running), divergence.events);
  }
  if (expected.is_value) return text + ", found another number of options";
  const std::string chosen = thread_text(scheduler::thread_id(expected.choice));
  if (!divergence.was_eligible) return text + fmt::format(", found that {} cannot go on", chosen);
  return text + fmt::format(", found {} about to do {}", chosen, operation_text(divergence.found, 0));
}

// A schedule that was followed and did not do what it did before.
report::RawFinding not_reproduced(const Investigation& rerun, std::string_view what) {
  report::RawFinding raw;
  raw.kind = FindingKind::Nondeterminism;
  raw.message = std::string(what);
  if (rerun.has_diverged) {
    raw.message += "; " + divergence_text(rerun.divergence);
    raw.thread = rerun.divergence.expected.thread;
  }
  raw.message +=
      "\nThe same schedule must do the same again. Look for addresses that decide something "
      "(ordered by pointer), real time, input from outside, and state that one execution "
      "leaves to the next (globals, files); or the program has changed since.";
  return raw;
}

Failure death(const Ending& ending) {
  Failure failure{};
  failure.kind = FindingKind::Crash;
  fmt::format_to_n(failure.message, sizeof(failure.message) - 1, "the process {}", ending.text());
  return failure;
}

Finding finding_of(const report::RawFinding& raw, const scheduler::Trace& trace,
                   const Schedule& schedule, std::uint64_t preemptions, const Options& options) {
  Finding finding = report::describe(raw, trace);
  finding.preemptions = preemptions;
  const TokenFlags flags{static_cast<std::uint8_t>(options.on_race), options.all_accesses,
                         static_cast<std::uint8_t>(finding.kind)};
  finding.token = scheduler::encode(schedule, scheduler::fingerprint(options.test), flags);
  finding.replay_command = replay_command(finding.token);
  return finding;
}

}  // namespace

Finding conclude(const std::function<void()>& body, const Options& given, OnRace on_race,
                 const FailedExecution& failed) {
  Options options = given;
  options.on_race = on_race;
  const Schedule schedule = failed.schedule();
  auto rerun = std::make_unique<Rerun>();
  rerun->run(body, options, schedule, &failed.failure, options.minimise);
  // What kills the process cannot be told apart from other deaths while looking for a smaller one.
  if (!rerun->has_lived()) rerun->run(body, options, schedule, &failed.failure, false);

  Finding finding;
  const Investigation& result = rerun->result();
  const scheduler::Trace trace = rerun->trace();
  if (!rerun->has_lived()) {
    const Failure failure = death(rerun->ending());
    finding = finding_of(raw_finding(failure, trace, options), trace, schedule, 0, options);
  } else if (result.was_reproduced) {
    finding = finding_of(raw_finding(result.outcome.failure, trace, options), trace,
                         result.outcome.schedule(), result.preemptions, options);
  } else {
    const std::string what =
        fmt::format("execution {} ended with {}, its schedule run again with {}",
                    failed.execution + 1, name(failed.failure.kind),
                    result.failed ? name(result.outcome.failure.kind) : "nothing wrong");
    finding = finding_of(not_reproduced(result, what), trace, schedule, result.preemptions, options);
  }
  finding.execution = failed.execution + 1;
  return finding;
}

std::vector<Finding> replay(const std::function<void()>& body, const Options& given) {
  scheduler::DecodedToken token;
  try {
    token = scheduler::decode(given.replay);
  } catch (const scheduler::TokenError& error) {
    throw UsageError(error.what());
  }
  if (token.fingerprint != scheduler::fingerprint(given.test)) {
    throw UsageError(fmt::format(
        "the token {} is of another test than {}: run the one that its report names", given.replay,
        given.test));
  }
  Options options = given;
  options.on_race = static_cast<OnRace>(token.flags.on_race);
  options.all_accesses = token.flags.all_accesses;
  auto rerun = std::make_unique<Rerun>();
  rerun->run(body, options, token.schedule, nullptr, false);
  const Investigation& result = rerun->result();
  const scheduler::Trace trace = rerun->trace();
  if (!rerun->has_lived()) {
    const Failure failure = death(rerun->ending());
    return {finding_of(raw_finding(failure, trace, options), trace, token.schedule, 0, options)};
  }
  const auto expected = static_cast<FindingKind>(token.flags.finding);
  if (result.failed) {
    const report::RawFinding raw = raw_finding(result.outcome.failure, trace, options);
    if (raw.kind == expected || !result.has_diverged) {
      Finding finding = finding_of(raw, trace, result.outcome.schedule(), result.preemptions, options);
      const bool is_exact = result.outcome.event_hash == token.schedule.event_hash &&
                            result.outcome.steps == token.schedule.steps && raw.kind == expected;
      if (!is_exact) {
        finding.notes.push_back(
            "This is not what the token was made from: the program has changed since, or it is "
            "not deterministic.");
      }
      return {std::move(finding)};
    }
  }
  if (!result.has_diverged) return {};
  return {finding_of(
      not_reproduced(result, fmt::format("the token of a {} does not fit", name(expected))), trace,
      token.schedule, result.preemptions, options)};
}

}  // namespace raddle::harness
