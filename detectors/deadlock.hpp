// Why an execution came to a stop in which nothing could go on.
#pragma once

#include "detectors/problem.hpp"
#include "scheduler/events/trace.hpp"

namespace raddle::detectors {

// Reads it off the record of the execution: what its blocked threads wait for,
// and what happened to that before.
//
// Threads that wait in a circle are a Deadlock with that cycle; of several, the
// one with the fewest threads. A thread that waits for a lock it holds itself
// is MutexMisuse, a double lock.
//
// Without a circle, a sleeper is a LostWakeup if its condition or futex was
// notified too early (nobody waited, or all were notified while the sleeper
// was already on its way to sleep with the mutex held), it has not woken
// since, and there was no notification once it slept. Threads that only wait
// for the sleeper to end change nothing about that.
//
// Anything else is a Deadlock without a cycle: nobody is left who could post,
// fulfil, unlock or notify.
Stuck classify_stuck(const scheduler::Trace& trace);

}  // namespace raddle::detectors
