#include "harness/conclude.hpp"

#include "detectors/deadlock.hpp"
#include "harness/differences.hpp"
#include "harness/expectations.hpp"
#include "harness/interpose/instrumented.hpp"
#include "harness/investigate.hpp"
#include "harness/processes.hpp"
#include "harness/report/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

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
  raw.backtrace.assign(failure.backtrace, failure.backtrace + failure.backtrace_length);
  raw.file = failure.file;
  raw.line = failure.line;
  if (failure.has_problem) {
    raw.problem = failure.problem;
  } else if (failure.kind == FindingKind::Deadlock) {
    raw.stuck = detectors::classify_stuck(trace);
    switch (raw.stuck->kind) {
      case detectors::ProblemKind::LostWakeup:
        raw.kind = FindingKind::LostWakeup;
        break;
      case detectors::ProblemKind::MutexMisuse:
        raw.kind = FindingKind::MutexMisuse;
        break;
      default:
        break;
    }
  }
  return raw;
}

// "T1 to go on with lock", what a deviation decided.
std::string decision_text(const scheduler::Deviation& expected) {
  if (expected.is_value) {
    return fmt::format("{} to choose {} of {}", thread_text(expected.thread), expected.choice,
                       expected.options);
  }
  return fmt::format("{} to go on with {}", thread_text(scheduler::thread_id(expected.choice)),
                     name(expected.kind));
}

// "when T1 had had 17 steps: expected T2 to go on with lock, found T2 about to do atomic load"
std::string divergence_text(const scheduler::Divergence& divergence) {
  const scheduler::Deviation& expected = divergence.expected;
  std::string text = fmt::format("at step {} of {}: expected {}, found ", expected.step,
                                 thread_text(expected.thread), decision_text(expected));
  if (divergence.running == scheduler::kNoThread) {
    return text + fmt::format("that {} did not come so far", thread_text(expected.thread));
  }
  if (!divergence.was_offered) {
    return text + fmt::format("nothing to decide there; {} is at its step {}",
                              thread_text(divergence.running), divergence.events);
  }
  if (expected.is_value) return text + "another choice";
  const std::string chosen = thread_text(scheduler::thread_id(expected.choice));
  if (!divergence.was_eligible) return text + fmt::format("that {} cannot go on", chosen);
  return text + fmt::format("{} about to do {}", chosen, name(divergence.found));
}

std::string_view article(std::string_view word) {
  return std::string_view("aeiou").find(word.front()) == std::string_view::npos ? "a" : "an";
}

// "assertion: the balance is negative"
std::string failure_text(const Failure& failure, const Options& options) {
  const std::string message = message_of(failure, options);
  const std::string first_line = message.substr(0, message.find('\n'));
  return std::string(name(failure.kind)) + (first_line.empty() ? "" : ": " + first_line);
}

// What stands in the place of a finding when a schedule did not do again what it did.
// `what`: in one sentence, for the first line.
report::RawFinding not_reproduced(const Investigation& rerun, std::string_view what,
                                  std::string_view why) {
  report::RawFinding raw;
  raw.kind = FindingKind::Nondeterminism;
  raw.message = std::string(what);
  if (rerun.has_diverged) {
    raw.message += "; " + divergence_text(rerun.divergence);
    raw.thread = rerun.divergence.expected.is_value
                     ? rerun.divergence.expected.thread
                     : scheduler::thread_id(rerun.divergence.expected.choice);
    raw.pc = rerun.divergence.found_pc;
  }
  raw.message += "\n" + std::string(why);
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

constexpr const char* kOtherSteps =
    "Run again, the schedule came to the same end by other steps: the program is not "
    "deterministic. Something besides the schedule decides, such as real time, the order of "
    "addresses or memory that was never written.";

constexpr const char* kSomethingElse =
    ".\nSomething besides the schedule decides: real time, the order of addresses, memory that "
    "was never written, input from outside, other threads or processes.";
constexpr const char* kLeftBehind =
    "What decides is left behind by earlier executions: a global or static variable, a file, a "
    "cache.";

// The failure does not come again: `first` had other executions before it in its process.
// Runs the schedule by itself, twice, to say what decides.
Finding explain_nondeterminism(const std::function<void()>& body, const Options& options,
                               const FailedExecution& failed, Rerun& first) {
  const Schedule schedule = failed.schedule();
  const bool have_same_addresses = options.jobs != 1;
  const auto run_by_itself = [&] {
    auto rerun = std::make_unique<Rerun>();
    rerun->run(body, options, schedule, &failed.failure, false);
    return rerun->trace();
  };
  scheduler::Trace trace = run_by_itself();
  std::string why;
  auto difference = first_difference(run_by_itself(), trace, have_same_addresses);
  if (difference) {
    why = "Run twice more, it did not do the same twice: " + difference->what + kSomethingElse;
  } else {
    difference = first_difference(first.trace(), trace, have_same_addresses);
    why = "Run by itself, the schedule does the same each time" +
          (difference ? ", but not after others: " + difference->what : "") + ".\n" + kLeftBehind;
  }
  const Investigation& result = first.result();
  const std::string what =
      fmt::format("execution {} ended with {}, its schedule run again with {}",
                  failed.execution + 1, failure_text(failed.failure, options),
                  result.failed ? failure_text(result.outcome.failure, options) : "nothing wrong");
  report::RawFinding raw = not_reproduced(result, what, why);
  if (difference) {
    cut(trace, difference->at);
    const scheduler::Event& event =
        trace.events.at(std::min(difference->at, trace.events.size() - 1)).event;
    raw.thread = event.thread;
    raw.step = event.step;
    raw.pc = event.pc;
  }
  return finding_of(raw, trace, schedule, result.preemptions, options);
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
    // A race that did not end the execution: what came after it is not run again.
    const bool is_whole = on_race == given.on_race;
    if (is_whole && !result.was_exact) finding.notes.push_back(kOtherSteps);
  } else {
    finding = explain_nondeterminism(body, options, failed, *rerun);
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
    throw UsageError(
        fmt::format("the token {} is of another test than {}: run the one that its report names",
                    given.replay, given.test));
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
      Finding finding =
          finding_of(raw, trace, result.outcome.schedule(), result.preemptions, options);
      if (!result.was_exact || raw.kind != expected) {
        finding.notes.push_back(
            "This is not what the token was made from: the program has changed since, or it is "
            "not deterministic.");
      }
      return {std::move(finding)};
    }
  }
  if (!result.has_diverged) {
    if (!result.was_exact) {
      std::fprintf(stderr,
                   "raddle: %s: nothing fails any more, but the steps are not those of the token: "
                   "the program has changed since, or is not deterministic\n",
                   given.test.c_str());
    }
    return {};
  }
  return {finding_of(
      not_reproduced(
          result,
          fmt::format("the token of {} {} does not fit", article(name(expected)), name(expected)),
          "The program has changed since the token was made, or it is not "
          "deterministic. To look for the failure anew, run without RADDLE_REPLAY."),
      trace, token.schedule, result.preemptions, options)};
}

}  // namespace raddle::harness
