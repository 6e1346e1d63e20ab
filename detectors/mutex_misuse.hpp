// Mutexes, reader-writer locks and conditions used against their rules.
#pragma once

#include "detectors/pool.hpp"
#include "detectors/problem.hpp"
#include "scheduler/events/event.hpp"
#include "scheduler/events/observer.hpp"

#include <array>
#include <cstdint>

namespace raddle::detectors {

// Finds unlocks by threads that do not hold the lock, waits with a mutex that
// is not held, and objects that are destroyed or freed while somebody holds or
// waits on them ([thread.mutex.requirements], [thread.condition]; POSIX,
// pthread_mutex_unlock, pthread_cond_destroy). A lock that its holder takes
// again is recursive: one that is not would have blocked.
//
// A thread that has been notified no longer waits, even before it wakes.
// Semaphores belong to nobody.
class MutexMisuse final : public scheduler::Observer {
 public:
  // Forgets everything. O(1).
  void begin_execution();

  void on_event(const scheduler::Event& event) override {
    const bool is_memory =
        event.kind == scheduler::EventKind::Free || event.kind == scheduler::EventKind::Allocate;
    if (is_memory ? ties_live_ != 0 : concerns(event.kind)) look_at(event);
  }

  // The first problem of the execution, or null.
  const Problem* problem() const { return found_ ? &problem_ : nullptr; }
  // Goes on to find the next one.
  void clear_problem() { found_ = false; }

 private:
  enum class Mode : std::uint8_t {
    Mutex,
    Reader,
    Writer,
    Waiter,    // on a condition
    Notified,  // of nobody in particular: `depth` waiters have been notified
    Arrived,   // at a barrier that is not complete
  };

  // What a thread has to do with an object. Over once its depth is 0; then it may serve for
  // another thread and the same object: locks are taken again and again.
  struct Tie {
    std::uintptr_t object;
    scheduler::ThreadId thread;
    Mode mode;
    std::uint32_t depth;
    std::uint32_t next;  // of the same bucket
  };
  struct Bucket {
    std::uint64_t execution;  // others are empty
    std::uint32_t first;
  };
  static constexpr std::size_t kBuckets = 256;

  // Accesses, threads and time do not; with them most events are done with at once.
  static constexpr bool concerns(scheduler::EventKind kind) {
    return kConcerns[static_cast<std::size_t>(kind)];
  }
  static constexpr auto kConcerns = [] {
    std::array<bool, scheduler::kEventKinds> table{};
    using enum scheduler::EventKind;
    for (auto i = static_cast<std::size_t>(MutexInit); i <= static_cast<std::size_t>(BarrierLeave);
         ++i) {
      table[i] = true;
    }
    table[static_cast<std::size_t>(CondSpurious)] = true;
    return table;
  }();
  void look_at(const scheduler::Event& event);

  Bucket& bucket(std::uintptr_t object);
  // Any thread's; null if there is none.
  Tie* find_any(std::uintptr_t object, Mode mode);
  void tie(std::uintptr_t object, Mode mode, scheduler::ThreadId thread);
  // Once less deep. False if there is none.
  bool untie(std::uintptr_t object, Mode mode, scheduler::ThreadId thread);
  void remove_all(std::uintptr_t object, Mode mode);

  void unlock(const scheduler::Event& event, std::uintptr_t object, Mode mode);
  void destroy(const scheduler::Event& event, std::uintptr_t begin, std::uintptr_t end);
  void forget(std::uintptr_t begin, std::uintptr_t end);
  void report(Misuse misuse, const scheduler::Event& event, std::uintptr_t object,
              scheduler::ThreadId other);

  std::uint64_t execution_ = 1;
  std::array<Bucket, kBuckets> buckets_{};
  Pool<Tie> ties_;
  std::uint32_t ties_live_ = 0;  // their depth is not 0
  std::uint32_t last_ = 0;       // no tie of this execution has a greater number
  Problem problem_;
  bool found_ = false;
};

}  // namespace raddle::detectors
