// Brute force against the search: every interleaving of small random programs, one by one, makes
// the same traces as `exhaustive`, which makes each of them once.
#include "tests/oracle/traces.hpp"

#include "scheduler/strategies/bounded.hpp"
#include "scheduler/strategies/exhaustive/exhaustive.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

namespace raddle::oracle {
namespace {

using scheduler::EventKind;

constexpr EventKind kSpurious[] = {EventKind::CondSpurious, EventKind::FutexSpurious,
                                   EventKind::AtomicWeakFailed};

TEST(Traces, OfTheSearchAreThoseOfBruteForceEachOnce) {
  const auto schedules_max = static_cast<int>(from_environment("ORACLE_SCHEDULES", 2'000));
  const std::uint64_t first = from_environment("ORACLE_FIRST", 1);
  const std::uint64_t count = from_environment("ORACLE_COUNT", 250);
  Traces plain, spurious(1);
  int compared = 0, traces = 0, schedules = 0, redundant = 0;
  std::map<EventKind, int> with;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Program program = random_crowd(seed);
    Traces& traces_of = seed % 2 == 0 ? spurious : plain;
    scheduler::Bounded all(1'000'000, false);
    const auto expected = traces_of.of(program, all, schedules_max);
    if (!expected) continue;
    scheduler::Exhaustive search;
    const auto found = traces_of.of(program, search, schedules_max);
    ASSERT_TRUE(found) << "program " << seed << ": more executions than there are schedules";
    ASSERT_EQ(search.left_out(), "") << "program " << seed;
    for (const auto& [trace, times] : *expected) {
      ASSERT_TRUE(found->count(trace)) << "program " << seed << ": missing\n" << trace;
      schedules += times;
    }
    for (const auto& [trace, times] : *found) {
      ASSERT_TRUE(expected->count(trace)) << "program " << seed << ": too many\n" << trace;
      ASSERT_EQ(times, 1) << "program " << seed << ": again\n" << trace;
      for (const EventKind kind : kSpurious) {
        if (trace.find(name(kind)) != trace.npos) ++with[kind];
      }
    }
    redundant += traces_of.redundant;
    traces += static_cast<int>(found->size());
    ++compared;
  }
  RecordProperty("programs", compared);
  RecordProperty("traces", traces);
  RecordProperty("schedules", schedules);
  std::printf("%d programs, %d traces of %d schedules, %d redundant\n", compared, traces, schedules,
              redundant);
  EXPECT_GT(compared, static_cast<int>(count / 4));
  for (const EventKind kind : kSpurious) {
    std::printf("%d traces with a %s\n", with[kind], std::string(name(kind)).c_str());
    if (first == 1 && count >= 250) {
      EXPECT_GT(with[kind], 0);
    }
  }
}

// Whoever explores what, and whatever was given away when.
TEST(Traces, OfSeveralSearchesAreThoseOfOneEachOnce) {
  const std::uint64_t first = from_environment("ORACLE_FIRST", 1);
  const std::uint64_t count = from_environment("ORACLE_COUNT", 250);
  Traces traces_of;
  int compared = 0, tasks = 0, traces = 0, redundant = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Program program = random_crowd(seed);
    scheduler::Exhaustive search;
    const auto expected = traces_of.of(program, search, 2'000);
    if (!expected || !search.is_divisible() || !search.left_out().empty()) continue;
    for (const std::size_t searches : {1u, 2u, 3u}) {
      const auto found = traces_of.of_several(program, searches, seed);
      ASSERT_TRUE(found) << "program " << seed;
      const std::string who =
          "program " + std::to_string(seed) + ", " + std::to_string(searches) + " searches: ";
      for (const auto& [trace, times] : *expected) {
        ASSERT_TRUE(found->count(trace)) << who << "missing\n" << trace;
      }
      for (const auto& [trace, times] : *found) {
        ASSERT_TRUE(expected->count(trace)) << who << "too many\n" << trace;
        ASSERT_EQ(times, 1) << who << "again\n" << trace;
      }
      tasks += traces_of.tasks;
      redundant += traces_of.redundant;
    }
    traces += static_cast<int>(expected->size());
    ++compared;
  }
  std::printf("%d programs, %d traces, three times, in %d tasks, %d redundant\n", compared, traces,
              tasks, redundant);
  EXPECT_GT(compared, static_cast<int>(count / 2));
  EXPECT_GT(tasks, 10 * compared);
}

}  // namespace
}  // namespace raddle::oracle
