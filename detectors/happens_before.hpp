// Data races and uses of freed memory, in the order that the program's own
// synchronisation gives.
#pragma once

#include "detectors/problem.hpp"
#include "detectors/shadow_memory.hpp"
#include "detectors/vector_clocks.hpp"
#include "scheduler/events/event.hpp"
#include "scheduler/events/observer.hpp"

#include <cstdint>

namespace raddle::detectors {

// Happens-before of C++20 ([intro.races], [atomics.order], [atomics.fences])
// over one execution after another. Exact: it reports the first access of an
// execution that is not ordered after a conflicting earlier one, and nothing
// else. Plain accesses are kept as in FastTrack (Flanagan, Freund, PLDI 2009).
//
// Two accesses conflict if they share a byte, one of them is a write, and not
// both are atomic. A free is a write to the whole block. An operation on a
// mutex, condition, semaphore, barrier or once flag is an atomic read of the
// object's first byte, so that freeing or overwriting it in spite of it is a race.
//
// Threads other than 0 must have been created by a ThreadCreate (or ThreadStart)
// event before they do anything. Memory that is used again without Allocate and
// Free events (the stack of a thread that has ended) must be forgotten.
class HappensBefore final : public scheduler::Observer {
 public:
  using ThreadId = scheduler::ThreadId;

  HappensBefore();

  // Forgets everything but the settings. O(1), whatever was touched before.
  void begin_execution();

  // Whether races are looked for; else only uses after free and double frees. To
  // be set between executions.
  void set_enabled(bool races) { races_ = races; }

  // A plain access of any size and alignment. False if it is a problem that
  // problem() now describes.
  bool on_read(ThreadId thread, std::uintptr_t address, std::uint32_t size, std::uintptr_t pc,
               std::uint64_t step) {
    if (const Segment* segment = shadow_.segment_of(address, size)) {
      const Epoch epoch = clocks_.epoch(index(thread));
      if (segment->read == epoch || segment->write == epoch) return true;
    }
    return read(thread, address, size, pc, step);
  }
  bool on_write(ThreadId thread, std::uintptr_t address, std::uint32_t size, std::uintptr_t pc,
                std::uint64_t step) {
    if (const Segment* segment = shadow_.segment_of(address, size)) {
      if (segment->write == clocks_.epoch(index(thread))) return true;
    }
    return write(thread, address, size, pc, step);
  }

  // Everything else; plain accesses may come this way, too.
  void on_event(const scheduler::Event& event) override;

  // Memory gets a new life: what was done to it before counts for nothing.
  void forget(std::uintptr_t address, std::uint64_t size) { shadow_.forget(address, size); }

  // Passes over whatever is done to these bytes until they are allocated anew.
  void mute(std::uintptr_t address, std::uint64_t size);

  // The first problem of the execution, or null.
  const Problem* problem() const { return found_ ? &problem_ : nullptr; }

  // Goes on to find the next one. The bytes of this one are not looked at again
  // in this execution. Until then further problems are passed over.
  void clear_problem() { found_ = false; }

 private:
  // Of an access: by whom, and where to.
  struct Access {
    std::size_t thread;
    AccessKind kind;
    std::uintptr_t address;
    std::uint32_t size;
    std::uintptr_t pc;
    std::uint64_t step;
  };

  bool read(ThreadId thread, std::uintptr_t address, std::uint32_t size, std::uintptr_t pc,
            std::uint64_t step);
  bool write(ThreadId thread, std::uintptr_t address, std::uint32_t size, std::uintptr_t pc,
             std::uint64_t step);

  // What the access conflicts with in `segment`, unordered: an epoch, and in
  // `other` what that did; 0 if nothing.
  Epoch conflict(const Access& access, const Segment& segment, AccessKind& other);
  bool is_plainly_fine(const Access& access, const Segment& segment) const;
  // Whether the access is to be recorded in `segment`. `fine` becomes false if it is a problem.
  bool judge(const Access& access, Segment& segment, std::uintptr_t cell, bool& fine);
  // The same where races are not looked for. True if all is well.
  bool check_freed(const Access& access);
  void report(ProblemKind kind, const Access& access, Epoch other, AccessKind other_access,
              std::uintptr_t clash);

  void record_read(std::size_t thread, Segment& segment);
  void record_write(std::size_t thread, Segment& segment);
  void record_atomic(const Access& access, Segment& segment);

  // The segment that has the byte at `address`; makes segments of just this size as needed.
  Segment& first_segment(std::uintptr_t address, std::uint32_t size);
  void access_atomic(const Access& access);
  void on_atomic(const scheduler::Event& event);
  void on_fence(const scheduler::Event& event);
  void on_object(const scheduler::Event& event);
  void on_release(const scheduler::Event& event, std::uintptr_t object, ClockId History::*clock);
  void on_acquire(const scheduler::Event& event, std::uintptr_t object, ClockId History::*clock,
                  ClockId History::*further = nullptr);
  void on_barrier_arrive(const scheduler::Event& event);
  void on_barrier_leave(std::size_t thread);
  void on_free(const scheduler::Event& event);
  bool free_small(const Access& access, bool checked);
  // An operation on the object at the segment as an access to memory.
  void touch(const scheduler::Event& event, std::uintptr_t object, Segment& segment);

  VectorClocks clocks_;
  ShadowMemory shadow_;
  Buffer<std::uint32_t> phases_;  // by thread: the barrier phase it has arrived in
  Problem problem_;
  bool found_ = false;
  bool races_ = true;
};

}  // namespace raddle::detectors
