// Memory in use must not grow with the number of executions.
#include "bench/explorations.hpp"
#include "bench/programs.hpp"

#include <benchmark/benchmark.h>

#include <fstream>
#include <unistd.h>

namespace raddle::bench {
namespace {

double resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// Items are executions per byte that the ten million use, so that, as
// everywhere, more is better: `before` counts what ten thousand use.
[[maybe_unused]] const bool registered = [] {
  benchmark::RegisterBenchmark("memory/ten_million_executions",
                               [](benchmark::State& state) {
                                 for (auto _ : state) {
                                   explore_at_random(counter, 10'000);
                                   const double before = resident_bytes();
                                   explore_at_random(counter, 10'000'000);
                                   state.counters["before_bytes"] = before;
                                   state.counters["after_bytes"] = resident_bytes();
                                 }
                               })
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace raddle::bench
