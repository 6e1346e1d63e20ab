#pragma once

#include "scheduler/events/event.hpp"
#include "scheduler/local_state.hpp"
#include "scheduler/operation.hpp"
#include "scheduler/thread_set.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace raddle::scheduler {

// A moment at which more than one thread could go on.
struct SchedulingPoint {
  const ThreadSet&
      eligible;        // at least two; threads that only spin or have just yielded are left out
  std::size_t count;   // eligible.count()
  ThreadId current;    // who ran last; kNoThread if it is not eligible
  ThreadId preferred;  // what a run without preemptions would do
  // What every thread has announced; index by thread.
  std::span<const Operation> announced;
  // Who ran last, eligible or not, and how many events it has had.
  ThreadId last;
  std::uint64_t last_events;
  // More about that thread; null if nobody can go on.
  LocalState* local = nullptr;
};

// A choice that is not about threads: raddle::choose, which waiter is woken, whether something
// happens for no reason (is_spurious: 1 says that it does).
struct ValueChoice {
  std::size_t count;  // at least two
  EventKind kind;
  ThreadId thread;
  std::uint64_t events;  // of `thread`
  // Of a hint that others should go first (kind Yield): the thread has read the same again and
  // again, and would do so until somebody writes.
  bool is_spinning = false;
};

// How many executions a search would need, from random walks: their mean, and the deviation of
// that.
struct SizeEstimate {
  std::uint64_t walks = 0;
  double sum = 0, sum_of_squares = 0;

  double mean() const { return walks == 0 ? 0 : sum / static_cast<double>(walks); }
  double deviation() const {
    if (walks < 2) return 0;
    const auto n = static_cast<double>(walks);
    const double variance = (sum_of_squares - sum * sum / n) / (n - 1);
    return variance <= 0 ? 0 : std::sqrt(variance / n);
  }
};

// Decides. Knows nothing of fibers, detectors or reports. Called on the stack of
// a thread under test: must not allocate, block or throw.
class Strategy {
 public:
  virtual ~Strategy() = default;

  // Execution `number`, from 0, is about to start. The same number must lead
  // to the same choices, whatever ran before.
  virtual void begin(std::uint64_t number) = 0;
  virtual ThreadId choose_thread(const SchedulingPoint& point) = 0;
  virtual std::size_t choose_value(const ValueChoice& choice) = 0;
  // The thread let the others go first: it yielded, slept, timed out or read
  // the same again. `is_alone`: no other could go on anyway.
  virtual void on_yield(ThreadId, bool is_alone) { static_cast<void>(is_alone); }
  // Is a plain access of `thread`, when it has had `events` events, to be a
  // scheduling point although nothing else makes it one?
  virtual bool wants_point(ThreadId, std::uint64_t) const { return false; }

  // --- For a strategy that searches. ---

  // Is it to be asked where there is nothing to choose, too (and when nobody can go on: with a
  // count of 0), and told of each event? It may answer kNoThread: the execution ends there.
  virtual bool watches() const { return false; }
  // An operation took effect, in the thread that was chosen last. Addresses are names, which do
  // not depend on the order of what other threads do: see Host::stable_name.
  virtual void on_event(const Event&) {}
  // It woke a thread that was asleep on a condition or a futex.
  virtual void on_wake(ThreadId) {}
  // It read the virtual clock, or it was chosen although it waited for time to pass.
  virtual void on_clock() {}
  // After an execution, on an ordinary stack. False: there is nothing more to explore.
  virtual bool next() { return true; }
  // Was the last execution one that need not have been run to its end?
  virtual bool was_redundant() const { return false; }
  // How much has been explored, from 0 to 1, as far as can be told from what is known to be left.
  virtual double share() const { return 0; }
  // Of a strategy that estimates, what it has found out so far.
  virtual SizeEstimate estimate() { return {}; }
  // Why what next() came to the end of was not everything; empty if it was.
  virtual std::string_view left_out() const { return {}; }
};

}  // namespace raddle::scheduler
