// What a step of a thread did that others can notice, and what commutes with what.
// docs/exhaustive.md has the table.
#pragma once

#include "scheduler/events/event.hpp"
#include "scheduler/operation.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace raddle::scheduler {

enum class ObjectClass : std::uint8_t {
  Memory,  // eight aligned bytes
  Lock,    // mutexes and reader-writer locks
  Semaphore,
  Queue,  // who sleeps on a condition or a futex
  Barrier,
  Once,
  Threads,  // the numbering of threads
  Wakeup,   // of one thread, out of one wait
  Clock,    // the virtual one, which moves when it is read
};

struct Access {
  // Two reads commute, and so do two of `Shared`; everything else on one object does not.
  enum class Kind : std::uint8_t { Read, Shared, Write };

  std::uint64_t address;
  ObjectClass object;
  Kind kind;
  std::uint8_t bytes;  // of the cell, one bit each; all of any other object
  bool waits;          // is disabled while the object does not let it
  std::int32_t load;   // what it adds to the object's load: see is_open

  bool is_of_same_object(const Access& other) const {
    return address == other.address && object == other.object;
  }
};

inline bool is_dependent(const Access& a, const Access& b) {
  return (a.kind != b.kind || a.kind == Access::Kind::Write) && (a.bytes & b.bytes) != 0 &&
         a.is_of_same_object(b);
}
inline bool is_dependent(std::span<const Access> a, std::span<const Access> b) {
  return std::any_of(a.begin(), a.end(), [&](const Access& x) {
    return std::any_of(b.begin(), b.end(), [&](const Access& y) { return is_dependent(x, y); });
  });
}

// Load of a reader-writer lock that is held for writing; each reader adds 1.
inline constexpr std::int32_t kExclusive = 1 << 20;

// Would an object that has been used with this load let `access` go on?
inline bool is_open(const Access& access, std::int32_t load) {
  if (access.object == ObjectClass::Semaphore) return load < 0;
  return access.kind == Access::Kind::Shared ? load < kExclusive : load == 0;
}

// Appends what `event` did. `is_timed`: it could have given up instead of waiting.
void add_accesses(const Event& event, bool is_timed, std::vector<Access>& out);

// Adds those that are not there.
void merge(std::span<const Access> from, std::vector<Access>& to);

// Had it not been, would nothing be different for anybody but its own thread?
bool leaves_all_as_it_was(const Event& event);

// Makes of what a step did the most that it may do after other steps than those that were before
// it: what only looked may have done something.
void widen(std::vector<Access>& accesses);

// What a thread waits for that was never let on. Nothing, if no object decides that.
void add_awaited(const Operation& operation, std::vector<Access>& out);

}  // namespace raddle::scheduler
