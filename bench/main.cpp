// Runs every benchmark several times in random order, so that a noisy moment
// does not fall on one of them alone, and prints medians and their ratios.
#include "bench/programs.hpp"
#include "bench/searches.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace {

class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      for (const auto& [name, counter] : run.counters) {
        samples_[run.run_name.function_name + ":" + name].push_back(counter.value);
      }
    }
  }

  // Of one counter of one benchmark; 0 if it did not run.
  double median(const std::string& benchmark, const std::string& counter = "items_per_second") {
    const auto found = samples_.find(benchmark + ":" + counter);
    if (found == samples_.end()) return 0;
    std::vector<double>& values = found->second;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  }

 private:
  std::map<std::string, std::vector<double>> samples_;
};

struct Ratio {
  std::string name;
  double value;
};

void add(std::vector<Ratio>& ratios, std::string name, double ours, double theirs) {
  if (ours > 0 && theirs > 0) ratios.push_back({std::move(name), ours / theirs});
}

// Whole explorations: executions and seconds of each, and how many times as many executions
// per second (beside GenMC) or whole explorations per second (beside Relacy) ours makes.
void print_searches(Collector& results, std::vector<Ratio>& ratios) {
  fmt::print("\nGenMC: recorded elsewhere, not measured here\n");
  fmt::print("{:<24}{:>12}{:>10}{:>14}{:>10}{:>8}\n", "exhaustive", "executions", "seconds",
             "executions/s", "GenMC", "ratio");
  for (const auto& search : raddle::bench::kSearches) {
    const double ours = results.median("exhaustive/" + std::string(search.name));
    if (search.genmc_s <= 0 || ours <= 0) continue;
    const auto executions = static_cast<double>(search.executions);
    const double theirs = executions / search.genmc_s;
    fmt::print("{:<24}{:>12}{:>10.3f}{:>14.0f}{:>10.0f}{:>8.2f}\n", search.name, search.executions,
               1 / ours, executions * ours, theirs, executions * ours / theirs);
    add(ratios, fmt::format("exhaustive_{}_vs_genmc_recorded", search.name), executions * ours,
        theirs);
  }
  fmt::print("\n{:<24}{:>12}{:>10}{:>20}{:>12}{:>8}\n", "exhaustive", "executions", "ms",
             "Relacy, executions", "ms", "ratio");
  for (const auto& search : raddle::bench::kSearches) {
    const double ours = results.median("exhaustive/" + std::string(search.name));
    const std::string relacy = "relacy_full/" + std::string(search.name);
    const double theirs = results.median(relacy);
    if (ours <= 0 || theirs <= 0) continue;
    fmt::print("{:<24}{:>12}{:>10.3f}{:>20.0f}{:>12.3f}{:>8.2f}\n", search.name, search.executions,
               1e3 / ours, results.median(relacy, "executions"), 1e3 / theirs, ours / theirs);
    add(ratios, fmt::format("exhaustive_{}_vs_relacy_full", search.name), ours, theirs);
  }
}

// One worker and two. Where other programs keep the processors busy, the clock says little; the
// processor time of all processes says what two workers could do on processors of their own, if
// they are never idle.
void print_workers(Collector& results, std::vector<Ratio>& ratios) {
  fmt::print("\n{:<24}{:>14}{:>14}{:>8}{:>16}{:>16}{:>8}\n", "exhaustive", "1 worker, s",
             "2 workers, s", "ratio", "1, processor s", "2, processor s", "bound");
  for (const auto& search : raddle::bench::kSearches) {
    const std::string one = "workers_1/" + std::string(search.name);
    const std::string two = "workers_2/" + std::string(search.name);
    const double wall_1 = results.median(one, "wall_s"), wall_2 = results.median(two, "wall_s");
    if (wall_1 <= 0 || wall_2 <= 0) continue;
    const double processor_1 = results.median(one, "processor_s");
    const double processor_2 = results.median(two, "processor_s");
    fmt::print("{:<24}{:>14.3f}{:>14.3f}{:>8.2f}{:>16.3f}{:>16.3f}{:>8.2f}\n", search.name, wall_1,
               wall_2, wall_1 / wall_2, processor_1, processor_2, 2 * processor_1 / processor_2);
    add(ratios, fmt::format("exhaustive_{}_2_workers_vs_1", search.name), wall_1, wall_2);
    add(ratios, fmt::format("exhaustive_{}_2_workers_vs_1_bound", search.name), 2 * processor_1,
        processor_2);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  std::string repetitions = "--benchmark_repetitions=5";
  std::string interleaving = "--benchmark_enable_random_interleaving=true";
  arguments.insert(arguments.begin() + 1, {repetitions.data(), interleaving.data()});
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  Collector results;
  benchmark::RunSpecifiedBenchmarks(&results);

  std::vector<Ratio> ratios;
  fmt::print("{:<18}{:>16}{:>16}{:>8}\n", "executions/s", "raddle", "Relacy", "ratio");
  for (const auto& program : raddle::bench::kPrograms) {
    const std::string name = program.name;
    const double ours = results.median("raddle/" + name), theirs = results.median("relacy/" + name);
    fmt::print("{:<18}{:>16.0f}{:>16.0f}{:>8.2f}\n", name, ours, theirs,
               theirs > 0 ? ours / theirs : 0);
    add(ratios, name + "_vs_relacy", ours, theirs);
  }
  const double floor = results.median("floor/fibers");
  fmt::print("\n{:<18}{:>16}{:>16}{:>8}\n", "executions/s", "raddle", "bare fibers", "ratio");
  for (const std::string name : {"counter", "two_threads"}) {
    const double ours = results.median("raddle/" + name);
    fmt::print("{:<18}{:>16.0f}{:>16.0f}{:>8.2f}\n", name, ours, floor,
               floor > 0 ? ours / floor : 0);
    add(ratios, name + "_vs_fiber_floor", ours, floor);
  }
  fmt::print("\n{:<18}{:>16}{:>16}{:>8}\n", "ns/operation", "detecting", "not detecting", "ratio");
  for (const std::string name : {"plain_access", "atomic", "lock_and_unlock"}) {
    const double with = results.median("operation/" + name);
    const double without = results.median("operation/" + name + "_undetected");
    if (with <= 0 || without <= 0) continue;
    fmt::print("{:<18}{:>16.2f}{:>16.2f}{:>8.2f}\n", name, 1e9 / with, 1e9 / without,
               with / without);
    add(ratios, name + "_vs_undetected", with, without);
  }
  print_searches(results, ratios);
  print_workers(results, ratios);
  const std::string memory = "memory/ten_million_executions";
  const double before = results.median(memory, "before_bytes");
  const double after = results.median(memory, "after_bytes");
  if (after > 0) {
    fmt::print("\nresident after 10 thousand executions {:.1f} MB, after 10 million {:.1f} MB\n",
               before / 1e6, after / 1e6);
    add(ratios, "memory_ten_thousand_vs_ten_million", before, after);
  }
  fmt::print("\n");
  for (const Ratio& ratio : ratios) fmt::print("ratio {} {:.2f}\n", ratio.name, ratio.value);
}
