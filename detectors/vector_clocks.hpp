// What every thread of an execution knows of every other.
#pragma once

#include "detectors/buffer.hpp"
#include "scheduler/events/ids.hpp"

#include <cstddef>
#include <cstdint>

namespace raddle::detectors {

// One thread's time between two releases: a moment, the thread, and two low
// bits that are free for the holder's own marks. Moments are counted over all
// threads and all executions, so that what an earlier execution left behind is
// older than everything and never needs to be cleared. 0 is before everything.
using Epoch = std::uint64_t;

inline constexpr unsigned kEpochMarks = 2;
inline constexpr unsigned kEpochThreadBits = 10;
inline constexpr unsigned kEpochMomentShift = kEpochMarks + kEpochThreadBits;
static_assert(scheduler::kThreadsMax == std::size_t{1} << kEpochThreadBits);

constexpr std::size_t thread_of(Epoch epoch) {
  return (epoch >> kEpochMarks) & (scheduler::kThreadsMax - 1);
}

// Vector clocks in rows of equal length. Growing moves them: a pointer to a row
// holds until the next reserve().
class ClockRows {
 public:
  void reserve(std::size_t rows, std::size_t width) {
    if (width > width_ || rows > rows_) grow(rows, width);
  }
  Epoch* operator[](std::size_t row) { return entries_.data() + row * width_; }
  const Epoch* operator[](std::size_t row) const { return entries_.data() + row * width_; }

 private:
  void grow(std::size_t rows, std::size_t width);

  Buffer<Epoch> entries_;
  std::size_t rows_ = 0;
  std::size_t width_ = 0;
};

// The clock of a synchronisation object, or 0: nothing was released to it.
using ClockId = std::uint32_t;

// The clocks of all threads and all synchronisation objects of one execution.
// The work of an operation is proportional to the threads created so far.
class VectorClocks {
 public:
  VectorClocks();

  // Forgets everything; thread 0 exists. O(1).
  void begin_execution();

  // `child` starts with all that `parent` knows.
  void create(std::size_t parent, std::size_t child);
  // It starts with nothing.
  void create(std::size_t child);
  bool exists(std::size_t thread) const { return thread < threads_; }
  std::size_t threads() const { return threads_; }

  // `thread` learns all that `ended` ever knew.
  void join(std::size_t thread, std::size_t ended);

  // The current epoch of `thread`. It changes with every release.
  Epoch epoch(std::size_t thread) const { return epochs_[thread]; }

  // Whether what happened at `epoch`, unmarked, happens before what `thread` does now.
  bool knows(std::size_t thread, Epoch epoch) const {
    return known_[thread][thread_of(epoch)] >= epoch;
  }

  // The same, of one thread and many epochs: what each thread had done that it knows of.
  const Epoch* known_by(std::size_t thread) const { return known_[thread]; }

  // `thread` learns what the object knows.
  void acquire(std::size_t thread, ClockId object) {
    if (object != 0) join_into(objects_[object], known_[thread]);
  }
  // The object forgets what it knew and learns what `thread` knows. Makes the object if it is 0.
  void release(std::size_t thread, ClockId& object) {
    if (object == 0) object = make();
    copy(known_[thread], objects_[object]);
    tick(thread);
  }
  // The object learns what `thread` knows, too.
  void release_join(std::size_t thread, ClockId& object) {
    if (object == 0) object = make();
    join_into(known_[thread], objects_[object]);
    tick(thread);
  }
  // `to` learns what `from` knows / is made to know exactly that; 0 is nothing.
  void merge(ClockId from, ClockId& to);
  void assign(ClockId from, ClockId& to);
  // The object knows nothing any more, and is 0.
  void drop(ClockId& object);

  // Fences: what stores learn that `thread` does from now on, and what `thread`
  // learns at its next acquire fence.
  void release_fence(std::size_t thread);
  void acquire_fence(std::size_t thread) { acquire(thread, fences_[thread].acquired); }
  ClockId released_by_fence(std::size_t thread) const { return fences_[thread].released; }
  void learn_at_fence(std::size_t thread, ClockId object) {
    if (object != 0) merge(object, fences_[thread].acquired);
  }

  // The same rows used as sets: at most one epoch of every thread.
  void put(ClockId& set, std::size_t thread, Epoch epoch) {
    if (set == 0) set = make();
    objects_[set][thread] = epoch;
  }
  // One epoch of the set that does not happen before what `thread` does now; 0 if there is none.
  Epoch first_unknown(std::size_t thread, ClockId set) const;

 private:
  void make_room(std::size_t child);
  struct Fences {
    ClockId released;
    ClockId acquired;
  };

  // Rows have whole cache lines, and what lies behind the last thread is older than
  // everything: going on to the end of a block does no harm, and needs no odd ends.
  static constexpr std::size_t kBlock = 4;
  // Two epochs. Signed, for which the processor has a comparison: they never get that large.
  using Pair [[gnu::vector_size(16), gnu::may_alias]] = std::int64_t;

  void copy(const Epoch* from, Epoch* to) const {
    const Epoch* const end = from + threads_;
    do {
      const Pair a = pair(from), b = pair(from + 2);
      pair(to) = a;
      pair(to + 2) = b;
      from += kBlock;
      to += kBlock;
    } while (from < end);
  }
  void join_into(const Epoch* from, Epoch* to) const {
    const Epoch* const end = from + threads_;
    do {
      const Pair a = larger(pair(from), pair(to)), b = larger(pair(from + 2), pair(to + 2));
      pair(to) = a;
      pair(to + 2) = b;
      from += kBlock;
      to += kBlock;
    } while (from < end);
  }
  static Pair& pair(Epoch* at) { return *reinterpret_cast<Pair*>(at); }
  static const Pair& pair(const Epoch* at) { return *reinterpret_cast<const Pair*>(at); }
  static Pair larger(Pair a, Pair b) { return a > b ? a : b; }
  void tick(std::size_t thread) {
    const Epoch epoch = (++moment_ << kEpochMomentShift) | (thread << kEpochMarks);
    epochs_[thread] = epoch;
    known_[thread][thread] = epoch;
  }
  ClockId make();

  // Every epoch is greater than every ClockId, so that a link of the free list
  // left in a row is as old as the rest of it.
  std::uint64_t moment_ = std::uint64_t{1} << 32;
  Epoch started_ = 0;  // no epoch of this execution is less
  std::size_t threads_ = 0;
  Buffer<Epoch> epochs_;
  Buffer<Fences> fences_;
  ClockRows known_;    // by thread
  ClockRows objects_;  // by ClockId
  std::size_t objects_reserved_ = 0;
  ClockId objects_made_ = 0;
  ClockId free_ = 0;  // linked through the first entry
};

}  // namespace raddle::detectors
