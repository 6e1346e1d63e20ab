#include "harness/nondeterminism.hpp"

#include "harness/differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace raddle::harness {
namespace {

constexpr const char* kSomethingElse =
    "Something besides the schedule decides: real time, the order of addresses, memory that "
    "was never written, input from outside, other threads or processes";
// With one job there is but one process, where the executions before it cannot be undone.
constexpr const char* kOrLeftBehind =
    "; or what one execution leaves behind for the next, in a global or static variable or a "
    "file. With RADDLE_JOBS=2 these can be told apart.";
constexpr const char* kLeftBehind =
    "What decides is left behind by earlier executions: a global or static variable, a file, a "
    "cache.";

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
  const std::string message = failure.text(options);
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

}  // namespace

const char* const kCameByOtherSteps =
    "Run again, the schedule came to the same end by other steps: the program is not "
    "deterministic. Something besides the schedule decides, such as real time, the order of "
    "addresses or memory that was never written.";

Unreproduced explain_nondeterminism(const std::function<void()>& body, const Options& options,
                                    const FailedExecution& failed, const Rerun& first) {
  const scheduler::Schedule schedule = failed.schedule();
  const auto run_by_itself = [&] {
    auto rerun = std::make_unique<Rerun>();
    rerun->run(body, options, schedule, &failed.failure, false);
    return rerun->trace();
  };
  scheduler::Trace trace = run_by_itself();
  std::string why;
  auto difference = first_difference(trace, run_by_itself());
  if (difference) {
    why = "Run twice more, it did not do the same twice: " + difference->what + ".\n" +
          kSomethingElse + (options.jobs == 1 ? kOrLeftBehind : ".");
  } else {
    difference = first_difference(first.trace(), trace);
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
  return {std::move(raw), std::move(trace)};
}

report::RawFinding explain_misfit(const Investigation& replayed, FindingKind expected) {
  return not_reproduced(
      replayed,
      fmt::format("the token of {} {} does not fit", article(name(expected)), name(expected)),
      "The program has changed since the token was made, or it is not deterministic. To look for "
      "the failure anew, run without RADDLE_REPLAY.");
}

}  // namespace raddle::harness
