#include "detectors/happens_before.hpp"
#include "tests/detectors/naive_happens_before.hpp"
#include "tests/detectors/random_program.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <sstream>

namespace raddle::detectors {
namespace {

using scheduler::Event;
using scheduler::EventKind;

std::string line(const Event& event) {
  std::ostringstream out;
  out << event.step << ": T" << index(event.thread) << " kind " << int(event.kind) << " order "
      << int(event.order) << std::hex << " address " << event.address << " size " << event.size
      << " value " << event.value << " extra " << event.extra << '\n';
  return out.str();
}

// One random execution on the same detector as those before it. Most proposed
// events that would be a problem are left out, so that executions get long
// before they go wrong. Returns whether it went wrong.
bool compare(HappensBefore& detector, bool races, std::uint64_t seed) {
  RandomProgram program(seed);
  NaiveHappensBefore oracle(races);
  std::mt19937_64 random(~seed);
  const std::uint64_t daring = 2 + random() % 100;
  const std::size_t length = 10 + random() % 90;
  detector.begin_execution();
  std::string trace = "seed " + std::to_string(seed) + "\n";
  const auto feed = [&](Event event) {
    event.step = oracle.size();
    event.pc = 0x1000 + event.step;
    const auto expected = oracle.judge(event);
    trace += line(event);
    detector.on_event(event);
    oracle.add(event);
    const Problem* problem = detector.problem();
    EXPECT_EQ(problem != nullptr, expected.has_value()) << trace;
    if (problem == nullptr || !expected) return problem == nullptr && !expected;
    EXPECT_EQ(problem->kind, *expected) << trace;
    EXPECT_EQ(problem->step, event.step) << trace;
    EXPECT_EQ(problem->pc, event.pc) << trace;
    EXPECT_EQ(problem->thread, event.thread) << trace;
    EXPECT_NE(problem->other,
              event.thread == problem->other && problem->kind == ProblemKind::DataRace
                  ? event.thread
                  : scheduler::kNoThread)
        << trace;
    return false;
  };
  for (std::size_t attempt = 0; attempt < 2 * length; ++attempt) {
    const std::optional<Event> proposed = program.propose();
    if (!proposed) break;
    const Event event = *proposed;
    if (oracle.judge(event) && random() % daring != 0) continue;
    if (event.kind == EventKind::ThreadStart) {
      Event create;
      create.kind = EventKind::ThreadCreate;
      create.thread = scheduler::thread_id(event.value);
      create.value = index(event.thread);
      feed(create);
    }
    program.take(event);
    if (!feed(event)) return true;
  }
  return false;
}

TEST(HappensBefore, AgreesWithTheNaiveOracleOnRandomPrograms) {
  HappensBefore detector;
  int wrong = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    wrong += compare(detector, true, seed);
    if (HasFailure()) return;
  }
  // Both verdicts were seen often enough to mean something.
  EXPECT_GT(wrong, 4'000);
  EXPECT_LT(wrong, 19'000);
}

TEST(HappensBefore, AgreesWithTheNaiveOracleWhenRacesAreNotLookedFor) {
  HappensBefore detector;
  detector.set_enabled(false);
  for (std::uint64_t seed = 1; seed <= 4'000; ++seed) {
    compare(detector, false, seed);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace raddle::detectors
