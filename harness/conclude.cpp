#include "harness/conclude.hpp"

#include "detectors/deadlock.hpp"
#include "harness/expectations.hpp"
#include "harness/interpose/instrumented.hpp"
#include "harness/nondeterminism.hpp"
#include "harness/report/describe.hpp"
#include "harness/rerun.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

namespace raddle::harness {
namespace {

using scheduler::Schedule;
using scheduler::TokenFlags;

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
  raw.message = failure.text(options);
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
      case detectors::ProblemKind::LostWakeup: raw.kind = FindingKind::LostWakeup; break;
      case detectors::ProblemKind::MutexMisuse: raw.kind = FindingKind::MutexMisuse; break;
      default: break;
    }
  }
  return raw;
}

// The choices of a kind that a schedule has. Without any they need not be offered.
template <typename IsKind>
std::uint32_t count_of(const Schedule& schedule, IsKind is_kind) {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(schedule.deviations, [&](const scheduler::Deviation& deviation) {
        return deviation.is_value && is_kind(deviation.kind);
      }));
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

// More decisions than are kept: all that is known is what was noted when it failed.
Finding conclude_without_schedule(const Options& options, const FailedExecution& failed) {
  const scheduler::Trace nothing;
  Finding finding = report::describe(raw_finding(failed.failure, nothing, options), nothing);
  finding.execution = failed.execution + 1;
  finding.notes.push_back(fmt::format(
      "Its schedule has {} decisions, more than the {} that are kept, so that it cannot be "
      "replayed. A strategy that switches less often, such as RADDLE_STRATEGY=random:0.01, may "
      "find it by a shorter one.",
      failed.deviation_count, FailedExecution::kDeviationsMax));
  return finding;
}

}  // namespace

Finding conclude(const std::function<void()>& body, const Options& given, OnRace on_race,
                 const FailedExecution& failed) {
  Options options = given;
  options.on_race = on_race;
  if (!failed.is_complete()) return conclude_without_schedule(options, failed);
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
    if (is_whole && !result.was_exact) finding.notes.push_back(kCameByOtherSteps);
  } else {
    const Unreproduced found = explain_nondeterminism(body, options, failed, *rerun);
    finding = finding_of(found.raw, found.trace, schedule, result.preemptions, options);
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
  options.spurious_wakeups = count_of(token.schedule, [](scheduler::EventKind kind) {
    return kind == scheduler::EventKind::CondSpurious ||
           kind == scheduler::EventKind::FutexSpurious;
  });
  options.weak_failures = count_of(token.schedule, [](scheduler::EventKind kind) {
    return kind == scheduler::EventKind::AtomicWeakFailed;
  });
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
  return {finding_of(explain_misfit(result, expected), trace, token.schedule, result.preemptions,
                     options)};
}

}  // namespace raddle::harness
