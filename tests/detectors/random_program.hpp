// Legal random traces: locks exclude, joins follow ends, sleepers are woken.
#pragma once

#include "scheduler/events/event.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace raddle::detectors {

// Runs a random program of 2 to 4 threads one event at a time. Which operations
// it likes, and on how few places, differs from seed to seed.
class RandomProgram {
 public:
  explicit RandomProgram(std::uint64_t seed);

  // Something that could happen next, or nothing: the threads are (most likely)
  // stuck. It has happened once it is passed to take().
  std::optional<scheduler::Event> propose();
  void take(const scheduler::Event& event);

 private:
  using Event = scheduler::Event;
  using EventKind = scheduler::EventKind;

  struct Thread {
    bool started = false, ended = false, joined = false;
    bool asleep = false;        // in a condition wait with mutex 0
    std::uint64_t barrier = 0;  // phase waited for, plus 1
    bool reading = false;
  };
  struct Block {
    bool live = true;
  };

  static constexpr std::uintptr_t kPlain = 0x10000;    // 24 bytes
  static constexpr std::uintptr_t kAtomic = 0x20ff8;   // 16 bytes, across two pages
  static constexpr std::uintptr_t kObjects = 0x30000;  // 64 bytes each
  static constexpr std::uintptr_t kHeap = 0x40fe0;     // 64 bytes each, over the end of a page
  static constexpr std::size_t kBlocks = 2;

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  static std::uintptr_t object(std::size_t i) { return kObjects + 64 * i; }
  Event thread_event(std::size_t thread);
  Event memory_event();
  Event atomic_event();
  Event lock_event(std::size_t thread);
  Event condition_event(std::size_t thread);
  Event counting_event(std::size_t thread);
  Event heap_event();
  bool is_legal(const Event& event) const;

  std::mt19937_64 random_;
  std::vector<unsigned> weights_;
  std::size_t places_;  // the fewer, the more threads meet
  bool mixed_sizes_;
  std::vector<Thread> threads_;
  int mutex_owner_[2] = {-1, -1};
  int writer_ = -1;
  std::uint64_t semaphore_ = 0;
  std::uint64_t phase_ = 0, arrived_ = 0;
  int once_ = -1;  // thread in it, -1 nobody, -2 done
  Block blocks_[kBlocks];
};

}  // namespace raddle::detectors
