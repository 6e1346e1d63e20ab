// What one operation of the program under test costs, with and without the
// happens-before detector.
#include "bench/explorations.hpp"
#include "bench/programs.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace raddle::bench {
namespace {

constexpr std::uint64_t kExecutions = 100;

[[maybe_unused]] const bool registered = [] {
  struct Kind {
    const char* name;
    void (*body)();
  };
  for (const Kind kind : {Kind{"plain_access", plain_accesses}, Kind{"atomic", atomic_accesses},
                          Kind{"lock_and_unlock", locks}}) {
    for (const OnRace on_race : {OnRace::Report, OnRace::Ignore}) {
      const std::string name =
          std::string("operation/") + kind.name + (on_race == OnRace::Ignore ? "_undetected" : "");
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        for (auto _ : state) explore_at_random(kind.body, kExecutions, on_race);
        state.SetItemsProcessed(static_cast<std::int64_t>(kOperations * kExecutions) *
                                state.iterations());
      });
    }
  }
  return true;
}();

}  // namespace
}  // namespace raddle::bench
