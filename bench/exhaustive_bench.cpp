// Whole explorations by the strategy `exhaustive`, to the last execution: beside Relacy's full
// search, and beside what another model checker was measured to take elsewhere.
#include "bench/searches.hpp"
#include <raddle/raddle.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

namespace raddle::bench {
namespace {

// Throws if not everything was explored, each interleaving once.
void explore_all(const Search& search, unsigned jobs = 1) {
  Options options;
  options.test = "bench";
  options.strategy = "exhaustive";
  options.executions = 1'000'000;
  options.jobs = jobs;
  const Report report = explore(search.body, options);
  if (!report.complete || report.executions != search.executions || report.redundant != 0) {
    throw std::logic_error(std::string(search.name) + " was not explored as it should be:\n" +
                           report.text());
  }
}

double processor_seconds() {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    sum += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return sum;
}

// By the clock and by the processor, of all processes together.
void explore_with_workers(benchmark::State& state, const Search& search, unsigned jobs) {
  double wall_s = 0, processor_s = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    const double processor = processor_seconds();
    explore_all(search, jobs);
    processor_s += processor_seconds() - processor;
    wall_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  state.counters["wall_s"] = wall_s / static_cast<double>(state.iterations());
  state.counters["processor_s"] = processor_s / static_cast<double>(state.iterations());
}

[[maybe_unused]] const bool registered = [] {
  for (const Search& search : kSearches) {
    benchmark::RegisterBenchmark(("exhaustive/" + std::string(search.name)).c_str(),
                                 [search](benchmark::State& state) {
                                   for (auto _ : state) explore_all(search);
                                   state.SetItemsProcessed(state.iterations());
                                 })
        ->Unit(benchmark::kMillisecond);
    if (search.compares_workers) {
      for (const unsigned jobs : {1u, 2u}) {
        benchmark::RegisterBenchmark(
            ("workers_" + std::to_string(jobs) + "/" + std::string(search.name)).c_str(),
            [search, jobs](benchmark::State& state) { explore_with_workers(state, search, jobs); })
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
      }
    }
    if (search.relacy == nullptr) continue;
    benchmark::RegisterBenchmark(("relacy_full/" + std::string(search.name)).c_str(),
                                 [search](benchmark::State& state) {
                                   std::uint64_t executions = 0;
                                   for (auto _ : state) executions = search.relacy();
                                   state.SetItemsProcessed(state.iterations());
                                   state.counters["executions"] = static_cast<double>(executions);
                                 })
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace raddle::bench
