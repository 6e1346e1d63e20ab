// One schedule of a program, run twice: as explorations run it, and recorded.
#pragma once

#include "detectors/problem.hpp"
#include "scheduler/events/trace.hpp"
#include "tests/oracle/program.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace raddle::oracle {

struct Observation {
  // What the fast run found, and whether it came to a stop with threads left over.
  std::optional<detectors::Problem> problem;
  bool is_stuck = false;
  // Everything that the recorded run did, races or not.
  scheduler::Trace trace;
};

class Observer {
 public:
  Observer();
  ~Observer();

  // The schedule that the random strategy of `seed` chooses for execution `number`.
  Observation observe(const Program& program, std::uint64_t seed, std::uint64_t number);

 private:
  struct Runtimes;
  std::unique_ptr<Runtimes> runtimes_;
};

}  // namespace raddle::oracle
