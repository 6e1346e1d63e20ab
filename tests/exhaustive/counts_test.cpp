// Exactly one execution for each interleaving: one more is work done twice, one less a bug missed.
#include "tests/exhaustive/programs.hpp"
#include <raddle/gtest.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <ostream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace raddle::exhaustive {
namespace {

Report explore_all(const std::function<void()>& body, unsigned jobs = 1) {
  Options options;
  options.strategy = "exhaustive";
  options.seed = 1;
  options.executions = 1'000'000;
  options.jobs = jobs;
  return explore(body, options);
}

// All of it, and nothing that was given up half way because it had been seen before.
void expect_complete(const Report& report) {
  EXPECT_TRUE(report.clean()) << report;
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.limit, "complete");
  EXPECT_EQ(report.redundant, 0u);
}

// Two model checkers that explore optimally, GenMC and Nidhugg, agree on each of these.
struct Known {
  std::string name;
  std::function<void()> program;
  std::uint64_t executions;
};

void PrintTo(const Known& known, std::ostream* out) { *out << known.name; }

class EveryProgram : public testing::TestWithParam<Known> {};

TEST_P(EveryProgram, HasOneExecutionForEachInterleaving) {
  const Report report = explore_all(GetParam().program);
  expect_complete(report);
  EXPECT_EQ(report.executions, GetParam().executions);
}

// Whatever the number of workers, and whoever does what. They may begin a few that then turn out to
// be another's.
TEST_P(EveryProgram, HasAsManyForSeveralWorkers) {
  const bool is_large = GetParam().executions > 20'000;
  for (const unsigned jobs : is_large ? std::vector{2u} : std::vector{2u, 3u, 8u}) {
    const Report report = explore_all(GetParam().program, jobs);
    EXPECT_TRUE(report.clean()) << report;
    EXPECT_TRUE(report.complete) << report;
    EXPECT_EQ(report.executions, GetParam().executions) << jobs << " workers";
  }
}

std::string name_of(const testing::TestParamInfo<Known>& known) { return known.param.name; }

std::vector<Known> with_loads_and_stores() {
  return {
      {"store_buffering_2", [] { store_buffering(2); }, 3},
      {"store_buffering_12", [] { store_buffering(12); }, 4'095},
      {"store_buffering_16", [] { store_buffering(16); }, 65'535},
      {"load_then_store_2x1", [] { load_then_store(2, 1); }, 4},
      {"load_then_store_2x2", [] { load_then_store(2, 2); }, 34},
      {"load_then_store_2x3", [] { load_then_store(2, 3); }, 328},
      {"load_then_store_2x4", [] { load_then_store(2, 4); }, 3'334},
      {"load_then_store_3x1", [] { load_then_store(3, 1); }, 36},
      {"load_then_store_4x1", [] { load_then_store(4, 1); }, 576},
      {"load_then_store_5x1", [] { load_then_store(5, 1); }, 14'400},
      {"load_then_store_3x2", [] { load_then_store(3, 2); }, 7'134},
      {"fibonacci_2", [] { fibonacci(2); }, 19},
      {"fibonacci_3", [] { fibonacci(3); }, 141},
      {"fibonacci_4", [] { fibonacci(4); }, 1'107},
      {"fibonacci_5", [] { fibonacci(5); }, 8'953},
      {"fibonacci_6", [] { fibonacci(6); }, 73'789},
      {"one_writer_15", [] { one_writer(15); }, 32'768},
      {"many_writers_7", [] { many_writers(7); }, 40'320},
      {"last_zero_12", [] { last_zero(12); }, 15'360},
      {"writers_in_order", [] { writers_in_order(); }, 69'112},
      {"sequence_lock_4x1", [] { sequence_lock(4, 1); }, 5'832},
      {"dekker_4", [] { dekker(4); }, 33'147},
  };
}
INSTANTIATE_TEST_SUITE_P(LoadsAndStores, EveryProgram, testing::ValuesIn(with_loads_and_stores()),
                         name_of);

// Those of one location do not commute. Where an operation that fails is tried again, every
// attempt counts.
std::vector<Known> with_updates() {
  return {
      {"fetch_add_3x2", [] { fetch_add(3, 2); }, 90},
      {"fetch_add_3x3", [] { fetch_add(3, 3); }, 1'680},
      {"fetch_add_7x1", [] { fetch_add(7, 1); }, 5'040},
      {"reader_writer_counter_5", [] { reader_writer_counter(5); }, 113'400},
      // By hand. It fails everywhere, and so is a third reader: each before the store or after it.
      {"store_and_exchange_1", [] { store_and_exchange(1); }, 8},
      // It succeeds after the store, and then each of two readers has three places.
      {"store_and_exchange_2", [] { store_and_exchange(2); }, 4 + 9},
      {"hash_table_15", [] { hash_table(15); }, 4'096},
      {"chase_lev_deque_4x3", [] { chase_lev_deque(4, 3); }, 25'489},
      {"compare_exchange_4x1", [] { compare_exchange(4, 1); }, 3'120},
      {"treiber_stack_4x1", [] { treiber_stack(4, 1, false); }, 3'120},
      {"treiber_stack_3x1_pops", [] { treiber_stack(3, 1, true); }, 68'892},
      {"michael_scott_queue_3", [] { michael_scott_queue(3); }, 9'168},
  };
}
INSTANTIATE_TEST_SUITE_P(Updates, EveryProgram, testing::ValuesIn(with_updates()), name_of);

std::vector<Known> with_mutexes() {
  return {
      {"mutex_counter_3x2", [] { mutex_counter(3, 2); }, 90},
      {"mutex_counter_4x2", [] { mutex_counter(4, 2); }, 2'520},
      {"mutex_counter_7x1", [] { mutex_counter(7, 1); }, 5'040},
      {"two_mutexes_5x1", [] { two_mutexes(5, 1); }, 10'080},
      {"philosophers_12", [] { philosophers(12); }, 4'094},
  };
}
INSTANTIATE_TEST_SUITE_P(Mutexes, EveryProgram, testing::ValuesIn(with_mutexes()), name_of);

// Those in which a thread would have to wait, and ends, are executions, too, but not among the
// 7,360 that the other checkers report.
TEST(Peterson, LetsBothThreadsThroughInSoManyInterleavings) {
  std::uint64_t runs = 0, through = 0;
  const Report report = explore_all([&] {
    const bool are_through = peterson(4);
    // The first run measures the body; the search begins after it.
    if (++runs > 1 && are_through) ++through;
  });
  expect_complete(report);
  EXPECT_EQ(report.executions, 21'120u);
  EXPECT_EQ(runs, report.executions + 1);
  EXPECT_EQ(through, 7'360u);
}

// Whether the lock was free says nothing of what its thread does next: that is a step of its own.
// Four ways of the two to try the lock; A and B create in either order; or A does before main
// creates B.
TEST(Creation, IsAStepOfItsOwn) {
  const Report report = explore_all([] {
    std::mutex mutex;
    const auto try_once = [&] {
      if (mutex.try_lock()) mutex.unlock();
    };
    std::thread a{[&] {
      try_once();
      std::thread{[] {}}.join();
    }};
    std::thread b{[] { std::thread{[] {}}.join(); }};
    try_once();
    a.join();
    b.join();
  });
  expect_complete(report);
  EXPECT_EQ(report.executions, 9u);
}

TEST(ReadingTheClock, IsAStepOfItsOwn) {
  const Report report = explore_all([] {
    std::mutex mutex;
    const auto try_once = [&] {
      if (mutex.try_lock()) mutex.unlock();
    };
    std::thread a{[&] {
      try_once();
      static_cast<void>(std::chrono::steady_clock::now());
    }};
    std::thread b{[] { static_cast<void>(std::chrono::steady_clock::now()); }};
    try_once();
    a.join();
    b.join();
  });
  expect_complete(report);
  EXPECT_EQ(report.executions, 8u);
}

// What has been explored is forgotten: 113,400 executions need no more than one does.
TEST(Memory, StaysSmall) {
  const Report report = explore_all([] { reader_writer_counter(5); });
  EXPECT_EQ(report.executions, 113'400u);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 64 * 1024);  // KiB, of this whole process
}

// A thread that spins waits until something changes. That a look would be in vain is learned from
// one, and the execution is then run again without it: those that were begun count as redundant.
class EverySpin : public EveryProgram {};

TEST_P(EverySpin, HasOneExecutionForEachInterleaving) {
  const Report report = explore_all(GetParam().program);
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.executions, GetParam().executions);
  EXPECT_LT(report.redundant, report.executions);
}

std::vector<Known> with_spin_loops() {
  return {
      {"test_and_test_and_set_4x1", [] { test_and_test_and_set(4, 1); }, 576},
      {"ticket_lock_6x1", [] { ticket_lock(6, 1); }, 720},
  };
}
INSTANTIATE_TEST_SUITE_P(SpinLoops, EverySpin, testing::ValuesIn(with_spin_loops()), name_of);

}  // namespace
}  // namespace raddle::exhaustive
