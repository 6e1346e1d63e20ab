// The same four small tests twice: as ordinary C++, which raddle explores, and
// in Relacy's own types. Neither has a bug, so that nothing ends an exploration.
#pragma once

#include <cstdint>

namespace raddle::bench {

struct Program {
  const char* name;
  void (*body)();                            // to be explored by raddle
  void (*relacy)(std::uint64_t executions);  // explores it with Relacy's random scheduler
};

// Two threads load and store an atomic counter.
void counter();
// Store buffering, also known as Dekker's: each thread sets its flag and reads the other's.
void store_buffering();
// Three threads, three increments each, under one mutex.
void mutex_counter();
// Two threads push and pop on a Treiber stack, three times each.
void treiber_stack();

void relacy_counter(std::uint64_t executions);
void relacy_store_buffering(std::uint64_t executions);
void relacy_mutex_counter(std::uint64_t executions);
void relacy_treiber_stack(std::uint64_t executions);

inline constexpr Program kPrograms[] = {
    {"counter", counter, relacy_counter},
    {"store_buffering", store_buffering, relacy_store_buffering},
    {"mutex_counter", mutex_counter, relacy_mutex_counter},
    {"treiber_stack", treiber_stack, relacy_treiber_stack},
};

// For whole explorations: Relacy's full search of the same programs as in
// tests/exhaustive/programs.hpp. Each returns how many executions that took.
std::uint64_t relacy_search_load_then_store_1();  // two threads, once each
std::uint64_t relacy_search_load_then_store_2();
std::uint64_t relacy_search_load_then_store_3();
std::uint64_t relacy_search_fetch_add();  // three threads, twice each

// For the costs of single operations: `kOperations` of them by one thread.
inline constexpr std::uint64_t kOperations = 100'000;
void empty();
void plain_accesses();
void atomic_accesses();
void locks();
// Starts and joins two threads that do nothing.
void two_threads();

}  // namespace raddle::bench
