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
               std::uint64_t step);
  bool on_write(ThreadId thread, std::uintptr_t address, std::uint32_t size, std::uintptr_t pc,
                std::uint64_t step);

  // What most plain accesses are: to bytes that nobody has used yet, or always together and in
  // turn. `bytes` has a bit for each byte, from the lowest. True: it was one of those, and is
  // done with. False: nothing was done, on_read or on_write must be called.
  bool read_at_once(ThreadId thread, std::uintptr_t address, std::uint64_t bytes) {
    return access_at_once<AccessKind::Read>(index(thread), address, bytes);
  }
  bool write_at_once(ThreadId thread, std::uintptr_t address, std::uint64_t bytes) {
    return access_at_once<AccessKind::Write>(index(thread), address, bytes);
  }

  // Everything else; plain accesses may come this way, too.
  void on_event(const scheduler::Event& event) override {
    using enum scheduler::EventKind;
    if (event.kind >= AtomicLoad && event.kind <= AtomicCompareFailed) return on_atomic(event);
    // Most other events of short executions are of threads that start and end.
    if (event.kind != ThreadEnd && event.kind != ThreadStart) return on_other(event);
    if (event.kind == ThreadStart && !clocks_.exists(index(event.thread))) on_start(event);
  }

  // A thread that knows nothing of what was done before, not even by who created it.
  void create_unordered(scheduler::ThreadId thread);

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

  template <AccessKind kKind>
  bool access_at_once(std::size_t thread, std::uintptr_t address, std::uint64_t bytes) {
    const std::uint64_t mask = bytes << (address & 7);
    Segment* const cell = shadow_.cached(address);
    if (mask > 0xff || cell == nullptr) [[unlikely]]
      return false;
    const Epoch epoch = clocks_.epoch(thread);
    const bool writes = kKind == AccessKind::Write;
    if (cell->key == shadow_.key(mask)) {
      if (cell->write == epoch || (!writes && cell->read == epoch)) return true;
      // Without a history no reads are shared, and `read` is an epoch.
      if (cell->history != 0 || (cell->write & kMarks) != 0 ||
          !clocks_.knows(thread, cell->write) || !clocks_.knows(thread, cell->read)) {
        return false;
      }
      (writes ? cell->write : cell->read) = epoch;
      if (writes) cell->read = 0;
      return true;
    }
    if (shadow_.is_current(*cell) || !races_) return false;
    *cell = {shadow_.key(mask), writes ? epoch : 0, writes ? 0 : epoch, 0, 0};
    return true;
  }

  // What the access conflicts with in `segment`, unordered: an epoch, and in
  // `other` what that did; 0 if nothing.
  Epoch conflict(const Access& access, const Segment& segment, AccessKind& other);
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
  void on_start(const scheduler::Event& event);
  void on_other(const scheduler::Event& event);
  void on_fence(const scheduler::Event& event);
  void on_object(const scheduler::Event& event);
  template <ClockId History::*kClock>
  void on_release(const scheduler::Event& event, std::uintptr_t object);
  template <ClockId History::*... kClocks>
  void on_acquire(const scheduler::Event& event, std::uintptr_t object);
  void on_barrier_arrive(const scheduler::Event& event);
  void on_barrier_leave(std::size_t thread);
  void on_free(const scheduler::Event& event);
  bool free_small(std::size_t thread, std::uintptr_t address, std::uint64_t size, bool checked);
  // An operation on the object at the segment as an access to memory.
  void touch(const scheduler::Event& event, std::uintptr_t object, Segment& segment,
             History& history);
  void touch(const scheduler::Event& event, std::uintptr_t object);

  VectorClocks clocks_;
  ShadowMemory shadow_;
  Buffer<std::uint32_t> phases_;  // by thread: the barrier phase it has arrived in
  Problem problem_;
  bool found_ = false;
  bool races_ = true;
};

}  // namespace raddle::detectors
