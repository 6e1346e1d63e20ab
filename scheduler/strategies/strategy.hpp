#pragma once

#include "scheduler/operation.hpp"
#include "scheduler/thread_set.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

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
};

// A choice that is not about threads: raddle::choose, which waiter is woken.
struct ValueChoice {
  std::size_t count;  // at least two
  EventKind kind;
  ThreadId thread;
  std::uint64_t events;  // of `thread`
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
  // the same again.
  virtual void on_yield(ThreadId) {}
  // Is a plain access of `thread`, when it has had `events` events, to be a
  // scheduling point although nothing else makes it one?
  virtual bool wants_point(ThreadId, std::uint64_t) const { return false; }
};

}  // namespace raddle::scheduler
