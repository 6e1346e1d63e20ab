// What the interposed functions of Boost.Fiber have in common: from a fiber to its thread
// and back, and what a fiber is said to wait for.
#pragma once

#include "scheduler/engine.hpp"

#include <boost/fiber/context.hpp>

#include <chrono>
#include <cstdint>

namespace raddle::harness {

// The thread that stands for a fiber of this execution.
scheduler::Thread& thread_of(boost::fibers::context& context);

// The calling stack is that of `fiber` from here on. Its first time is its start.
void enter(scheduler::Thread& fiber);

// An absolute time as virtual time of the execution; kNoDeadline for the end of time.
std::uint64_t deadline_of(const std::chrono::steady_clock::time_point& time);

// While it lives, a fiber that loses its carrier is said to wait for `operation`.
class Intent {
 public:
  Intent(scheduler::Thread& self, const scheduler::Operation& operation);
  ~Intent() { self_.has_intent = outer_; }
  Intent(const Intent&) = delete;
  Intent& operator=(const Intent&) = delete;

 private:
  scheduler::Thread& self_;
  bool outer_;
};

// Sets the deadline of what the fiber has announced.
void add_deadline(scheduler::Thread& self, std::uint64_t deadline);

// Lets others go until the library's spin lock at `address` is free. The library is about to take
// it where nobody sees it, and would spin for ever if a fiber of another thread had it.
void await_spin_lock(scheduler::Thread& self, std::uintptr_t address, std::uintptr_t pc);

// Waking a fiber orders nothing for now: the lock that the sleeper takes again does, or the
// end of the thread that it joins.
void set_quiet_waking(bool is_quiet);
bool is_waking_quiet();

class QuietWaking {
 public:
  QuietWaking() : outer_(is_waking_quiet()) { set_quiet_waking(true); }
  ~QuietWaking() { set_quiet_waking(outer_); }
  QuietWaking(const QuietWaking&) = delete;
  QuietWaking& operator=(const QuietWaking&) = delete;

 private:
  bool outer_;
};

}  // namespace raddle::harness
