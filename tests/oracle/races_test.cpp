// Brute force against the whole chain: compiler, interposition, scheduler and detector on one side,
// on the other the definition of happens-before applied to every pair of recorded events.
#include "tests/detectors/naive_happens_before.hpp"
#include "tests/oracle/observer.hpp"

#include <gtest/gtest.h>

#include <iomanip>
#include <optional>
#include <sstream>
#include <string>

namespace raddle::oracle {
namespace {

using detectors::NaiveHappensBefore;
using detectors::ProblemKind;

struct Verdict {
  ProblemKind kind{};
  std::uint64_t step{};
  scheduler::ThreadId thread{};
};

std::optional<Verdict> judge(const scheduler::Trace& trace) {
  NaiveHappensBefore oracle;
  for (const scheduler::TraceEvent& each : trace.events) {
    if (const auto kind = oracle.judge(each.event)) {
      return Verdict{*kind, each.event.step, each.event.thread};
    }
    oracle.add(each.event);
  }
  return std::nullopt;
}

std::string text(const scheduler::Trace& trace) {
  std::ostringstream out;
  for (const scheduler::TraceEvent& each : trace.events) {
    const scheduler::Event& event = each.event;
    out << std::setw(4) << event.step << " T" << index(event.thread) << ' ' << name(event.kind)
        << " order " << int(event.order) << std::hex << " address " << event.address << " size "
        << event.size << " value " << event.value << " extra " << event.extra << std::dec << '\n';
  }
  return out.str();
}

struct Counts {
  int clean = 0, races = 0, freed = 0, stuck = 0;
};

void compare(Observer& observer, std::uint64_t seed, std::uint64_t number, Counts& counts) {
  const Program program = random_program(seed);
  const Observation seen = observer.observe(program, seed, number);
  ASSERT_LT(seen.trace.events.size(), NaiveHappensBefore::kEventsMax)
      << "program " << seed << ", execution " << number;
  const std::optional<Verdict> expected = judge(seen.trace);
  const auto where = [&] {
    std::ostringstream out;
    out << "program " << seed << ", execution " << number << '\n' << text(seen.trace);
    if (seen.problem) {
      out << "found: kind " << int(seen.problem->kind) << " at step " << seen.problem->step << ", T"
          << index(seen.problem->thread) << " and T" << index(seen.problem->other) << ", address "
          << std::hex << seen.problem->address << std::dec << '\n';
    }
    return out.str();
  };
  ASSERT_EQ(seen.problem.has_value(), expected.has_value()) << where();
  if (!expected) {
    ++(seen.is_stuck ? counts.stuck : counts.clean);
    return;
  }
  ++(expected->kind == ProblemKind::DataRace ? counts.races : counts.freed);
  ASSERT_EQ(seen.problem->kind, expected->kind) << where();
  ASSERT_EQ(seen.problem->step, expected->step) << where();
  ASSERT_EQ(seen.problem->thread, expected->thread) << where();
}

TEST(Races, AreThoseOfTheNaiveOracleInThousandsOfRandomPrograms) {
  Observer observer;
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 6'000; ++seed) {
    for (std::uint64_t number = 0; number < 3; ++number) {
      compare(observer, seed, number, counts);
      if (HasFatalFailure()) return;
    }
  }
  RecordProperty("clean", counts.clean);
  RecordProperty("races", counts.races);
  RecordProperty("freed", counts.freed);
  RecordProperty("stuck", counts.stuck);
  // Every verdict was seen often enough to mean something.
  EXPECT_GT(counts.clean, 3'000);
  EXPECT_GT(counts.races, 3'000);
  EXPECT_GT(counts.freed, 100);
  EXPECT_GT(counts.stuck, 1'000);
}

}  // namespace
}  // namespace raddle::oracle
