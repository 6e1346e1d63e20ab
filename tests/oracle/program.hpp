// Small random programs, as a user would write them: std::thread, std::mutex, std::atomic.
#pragma once

#include <cstdint>
#include <vector>

namespace raddle::oracle {

// What a statement does. `access` is an access to plain memory.
enum class Action : std::uint8_t {
  Access,
  Load,             // of an atomic, and an access if it is not 0
  Store,            // an access, and then a store of 1 to an atomic
  Add,              // read-modify-write of an atomic
  CompareExchange,  // from 0 to 1, and an access if that succeeds
  Fence,
  Lock,       // access under a mutex
  TryLock,    // access if the mutex is free
  ReadLock,   // access under a reader-writer lock taken for reading
  WriteLock,  // access under it taken for writing
  Post,       // access, and then a post to a semaphore
  Wait,       // for a semaphore, and then an access
  Signal,     // a flag is set under a mutex, and a condition notified
  Await,      // until the flag is set, under the mutex; then an access
  Once,       // access in a call_once, and one after it
  Meet,       // at a barrier of two, between two accesses
  Notify,     // an atomic becomes 1, and whoever waits for that is woken
  Sleep,      // until the atomic is no longer 0; then an access
  Spawn,      // a thread that accesses; an access beside it, and one after its join
  Delete,     // of a heap object
  // Only in crowds. They give up when time has passed.
  TimedLock,   // access under a mutex
  TimedWait,   // for a semaphore, and then an access
  TimedAwait,  // for the flag, under the mutex; then an access
  TimedSleep,  // until the atomic is no longer 0, once; then an access
  TryWait,     // for a semaphore; a post, if that succeeds
  Choose,      // a store to an atomic, or none
  // They fail without a reason, or are woken so, where that is allowed.
  AwaitOnce,     // waits for the flag, under the mutex, but looks only once; then an access
  WeakExchange,  // from 0 to 1, and an access if that succeeds
};
inline constexpr std::uint64_t kActions = static_cast<std::uint64_t>(Action::Delete) + 1;
inline constexpr std::uint64_t kCrowdActions = static_cast<std::uint64_t>(Action::WeakExchange) + 1;

struct Statement {
  Action action{};
  std::uint8_t object{};  // which mutex, atomic, ...
  std::uint8_t order{};   // index into the memory orders that the operation may have
  // The access.
  std::uint8_t place{};
  std::uint8_t width{};  // 1, 4 or 8 bytes
  bool writes{};
};

struct Program {
  std::vector<std::vector<Statement>> threads;
  std::vector<Statement> main;     // between the starts and the joins
  std::vector<bool> joined_early;  // before `main`
  std::vector<Statement> last;     // after all joins
};

// The same seed makes the same program.
Program random_program(std::uint64_t seed);

// One whose threads do little else than meet each other, mostly at the same few objects.
Program random_crowd(std::uint64_t seed);

// Runs it once. May block for ever.
void run(const Program& program);

}  // namespace raddle::oracle
