// Programs that are explored to the end: how many executions that takes is known.
#pragma once

#include "bench/programs.hpp"
#include "tests/exhaustive/programs.hpp"

#include <cstdint>

namespace raddle::bench {

struct Search {
  const char* name;
  void (*body)();
  std::uint64_t executions;
  // What GenMC 0.11 (--sc) takes for as many: seconds of the whole process, some 0.03 of which are
  // its start. Recorded elsewhere, on a machine with two cores; 0 if it was not.
  double genmc_s;
  std::uint64_t (*relacy)();      // null: not compared
  bool compares_workers = false;  // one and two of them
};

inline constexpr Search kSearches[] = {
    {"store_buffering_12", [] { exhaustive::store_buffering(12); }, 4'095, 0.13, nullptr},
    {"store_buffering_16", [] { exhaustive::store_buffering(16); }, 65'535, 1.79, nullptr},
    {"load_then_store_5x1", [] { exhaustive::load_then_store(5, 1); }, 14'400, 0.16, nullptr},
    {"load_then_store_3x2", [] { exhaustive::load_then_store(3, 2); }, 7'134, 0.10, nullptr},
    {"fetch_add_7x1", [] { exhaustive::fetch_add(7, 1); }, 5'040, 0.27, nullptr},
    {"fetch_add_3x3", [] { exhaustive::fetch_add(3, 3); }, 1'680, 0.09, nullptr},
    {"fibonacci_5", [] { exhaustive::fibonacci(5); }, 8'953, 0.36, nullptr},
    {"fibonacci_6", [] { exhaustive::fibonacci(6); }, 73'789, 3.13, nullptr},
    {"one_writer_15", [] { exhaustive::one_writer(15); }, 32'768, 0.63, nullptr},
    {"many_writers_7", [] { exhaustive::many_writers(7); }, 40'320, 0.32, nullptr},
    {"last_zero_12", [] { exhaustive::last_zero(12); }, 15'360, 1.10, nullptr},
    {"hash_table_15", [] { exhaustive::hash_table(15); }, 4'096, 1.50, nullptr},
    {"mutex_counter_7x1", [] { exhaustive::mutex_counter(7, 1); }, 5'040, 0.36, nullptr},
    {"mutex_counter_4x2", [] { exhaustive::mutex_counter(4, 2); }, 2'520, 0.17, nullptr},
    {"two_mutexes_5x1", [] { exhaustive::two_mutexes(5, 1); }, 10'080, 0.66, nullptr},
    {"philosophers_12", [] { exhaustive::philosophers(12); }, 4'094, 0.71, nullptr},
    {"dekker_4", [] { exhaustive::dekker(4); }, 33'147, 0.58, nullptr},
    {"chase_lev_deque_4x3", [] { exhaustive::chase_lev_deque(4, 3); }, 25'489, 0.33, nullptr},
    {"writers_in_order", [] { exhaustive::writers_in_order(); }, 69'112, 0.80, nullptr, true},
    {"sequence_lock_4x1", [] { exhaustive::sequence_lock(4, 1); }, 5'832, 0.08, nullptr},
    {"reader_writer_counter_5", [] { exhaustive::reader_writer_counter(5); }, 113'400, 4.19,
     nullptr, true},
    {"treiber_stack_4x1", [] { exhaustive::treiber_stack(4, 1, false); }, 3'120, 0.13, nullptr},
    {"load_then_store_2x1", [] { exhaustive::load_then_store(2, 1); }, 4, 0,
     relacy_search_load_then_store_1},
    {"load_then_store_2x2", [] { exhaustive::load_then_store(2, 2); }, 34, 0,
     relacy_search_load_then_store_2},
    {"load_then_store_2x3", [] { exhaustive::load_then_store(2, 3); }, 328, 0,
     relacy_search_load_then_store_3},
    {"fetch_add_3x2", [] { exhaustive::fetch_add(3, 2); }, 90, 0, relacy_search_fetch_add},
};

}  // namespace raddle::bench
