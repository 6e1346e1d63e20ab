// Small programs of which is known how many interleavings they have, two that differ only in the
// order of operations that do not touch each other counted as one: what other model checkers
// are measured with, too. All atomics are seq_cst; each program starts its threads, joins them,
// and is correct. Each runs as the body of an exploration.
#pragma once

namespace raddle::exhaustive {

// Limits of the parameters: the programs' arrays have fixed sizes.
inline constexpr int kThreadsMax = 16;
inline constexpr int kRoundsMax = 8;

// Every thread sets its own flag and then looks at its neighbour's.
void store_buffering(int threads);
// Every thread loads a counter and stores one more, `rounds` times: updates may be lost.
void load_then_store(int threads, int rounds);
void fetch_add(int threads, int rounds);
// Every thread tries to add one, and tries again until it has.
void compare_exchange(int threads, int rounds);
// Two threads, each adding the other's number to its own: who alternates reaches the
// Fibonacci numbers.
void fibonacci(int rounds);

// One thread stores, `readers` load.
void one_writer(int readers);
// `writers` threads store, one loads.
void many_writers(int writers);
// One thread stores 2, two load, and one compares with `expected` and exchanges.
void store_and_exchange(int expected);
// `writers` threads each store their left neighbour's number and one; one thread looks for the
// last zero from the right.
void last_zero(int writers);
// Two threads read several locations, two write them in a fixed order.
void writers_in_order();

// Every thread enters four keys into a hash table with open addressing.
void hash_table(int threads);
// Every thread pushes `rounds` nodes, and then pops one if `pops`.
void treiber_stack(int threads, int rounds, bool pops);
// Every thread enqueues one node.
void michael_scott_queue(int threads);
// An owner pushes `rounds` items and then pops as often; each other thread steals once.
void chase_lev_deque(int threads, int rounds);

void mutex_counter(int threads, int rounds);
// Every thread takes one of two mutexes `rounds` times, and then the first of them.
void two_mutexes(int threads, int rounds);
// Dining, with the forks taken in ascending order.
void philosophers(int threads);

// One writer, the others read, and once only: without trying again.
void sequence_lock(int threads, int rounds);
// A reader-writer lock of one counter: one writer, the others read; nobody tries twice.
void reader_writer_counter(int threads);
// Two threads that enter only if the other's flag is down.
void dekker(int rounds);
// Two threads. One that would have to wait ends instead; returns whether neither did.
bool peterson(int rounds);

// Locks that spin.
void test_and_test_and_set(int threads, int rounds);
void ticket_lock(int threads, int rounds);

}  // namespace raddle::exhaustive
