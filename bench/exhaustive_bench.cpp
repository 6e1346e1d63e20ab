// Whole explorations by the strategy `exhaustive`, to the last execution: beside Relacy's full
// search, and beside what another model checker was measured to take elsewhere.
#include "bench/searches.hpp"
#include <raddle/raddle.hpp>

#include <benchmark/benchmark.h>

#include <stdexcept>
#include <string>

namespace raddle::bench {
namespace {

// Throws if not everything was explored, each interleaving once.
void explore_all(const Search& search) {
  Options options;
  options.test = "bench";
  options.strategy = "exhaustive";
  options.executions = 1'000'000;
  options.jobs = 1;
  const Report report = explore(search.body, options);
  if (!report.complete || report.executions != search.executions || report.redundant != 0) {
    throw std::logic_error(std::string(search.name) + " was not explored as it should be:\n" +
                           report.text());
  }
}

[[maybe_unused]] const bool registered = [] {
  for (const Search& search : kSearches) {
    benchmark::RegisterBenchmark(("exhaustive/" + std::string(search.name)).c_str(),
                                 [search](benchmark::State& state) {
                                   for (auto _ : state) explore_all(search);
                                   state.SetItemsProcessed(state.iterations());
                                 })
        ->Unit(benchmark::kMillisecond);
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
