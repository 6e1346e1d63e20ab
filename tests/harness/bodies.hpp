// Bodies that fail in a known way, and options that make their exploration repeatable.
#pragma once

#include <raddle/raddle.hpp>

namespace raddle::tests {

// Two threads, `++counter` each, nothing that orders them.
void race_on_counter();
// The same, and the check fails if an increment is lost.
void lose_plain_update();
// The same as a load and a store of an atomic: no race, but the check fails if both load first.
void lose_atomic_update();
// The same with three threads that do other things before and after, so that most
// failing schedules have more switches than they need.
void lose_atomic_update_among_others();
// Two mutexes, taken in opposite orders by two threads.
void lock_in_opposite_orders();
// Two threads, one mutex, nothing wrong.
void count_under_mutex();

Options with_seed(std::uint64_t seed);

}  // namespace raddle::tests
