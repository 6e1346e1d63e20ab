#pragma once

#include <atomic>
#include <cstdint>

namespace raddle::harness {

// Memory words whose plain accesses are scheduling points, because a race on
// them was seen (OnRace::Explore). Shared between worker processes, which have
// one address layout. A word found in one round counts from the next one on, so that which
// executions see it does not depend on the number of workers.
class VisiblePlaces {
 public:
  static constexpr std::uint32_t kMax = 256;

  // To be placed in zeroed shared memory.
  struct Shared {
    std::atomic<std::uint32_t> count;
    struct Place {
      std::atomic<std::uintptr_t> word;
      std::atomic<std::uint32_t> round;  // in which it was found, plus one
    } places[kMax];
  };

  explicit VisiblePlaces(Shared& shared) : shared_(shared) {}

  void add(std::uintptr_t address, std::uint32_t round) {
    const std::uintptr_t word = address / 8;
    for (std::uint32_t i = 0; i < shared_.count.load() && i < kMax; ++i) {
      if (shared_.places[i].word.load() == word) {
        // Found earlier in the same round by two workers: either entry will do. Found in
        // a later round: it stays.
        return;
      }
    }
    const std::uint32_t at = shared_.count.fetch_add(1);
    if (at >= kMax) return;
    shared_.places[at].word.store(word);
    shared_.places[at].round.store(round + 1);
  }

  void begin_round(std::uint32_t round) {
    count_ = 0;
    known_ = shared_.count.load();
    for (std::uint32_t i = 0; i < shared_.count.load() && i < kMax; ++i) {
      const std::uint32_t found = shared_.places[i].round.load();
      if (found != 0 && found - 1 < round) words_[count_++] = shared_.places[i].word.load();
    }
    round_ = round;
  }

  std::uint32_t round() const { return round_; }
  // Was any found since the round began, and was it one too many to keep?
  bool has_grown() const { return shared_.count.load() > known_; }
  bool is_full() const { return shared_.count.load() > kMax; }
  bool empty() const { return count_ == 0; }
  bool contains(std::uintptr_t address, std::uint32_t size) const {
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (words_[i] >= address / 8 && words_[i] <= (address + size - 1) / 8) return true;
    }
    return false;
  }

 private:
  Shared& shared_;
  std::uint32_t round_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t known_ = 0;  // of all, when the round began
  std::uintptr_t words_[kMax] = {};
};

}  // namespace raddle::harness
