// Loops that only look until somebody changes what they look at: spin locks, polled flags.
#pragma once

#include "scheduler/local_state.hpp"
#include "scheduler/operation.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace raddle::scheduler {

// Of eight aligned bytes those that count, and what they hold.
struct Content {
  std::uint64_t mask = 0;
  std::uint64_t word = 0;

  bool is_in(std::uint64_t other) const { return ((word ^ other) & mask) == 0; }
};

inline bool is_among(std::span<const Content> contents, std::uint64_t word) {
  return std::any_of(contents.begin(), contents.end(),
                     [&](const Content& content) { return content.is_in(word); });
}

// May it turn out to be a look, which leaves everything as it was?
bool may_look(const Operation& operation);
// What it would look at, were it let on now: of memory the eight aligned bytes around its address,
// of a mutex whether it is held.
std::uint64_t content_of(const Operation& operation);

// What the search has learned of them. A look is a step that leaves everything as it was but for
// the thread itself: a load, a failed compare-exchange, an exchange of equal values. A thread that
// has done nothing but look since it was last in some state, and is in that state again (its
// registers, its stack, nothing written elsewhere), has looked in vain: without these looks
// everything would be the same. So the last of them need not be before somebody has written
// something else there.
class Awaits {
 public:
  // Is the operation that is called from there known to be repeated, so that it is worth the time
  // to compare the states in which that happens? Counts how often it was worth nothing.
  bool wants_state(std::uintptr_t pc);
  // It is repeated. False if states are compared already.
  bool add_repeated(std::uintptr_t pc);
  // It was worth the time.
  void note_vain(std::uintptr_t pc);

  // What a look leads to: with which content, and to what state.
  struct Outcome {
    Content content;
    Digest state;
  };
  void add(const Digest& state, const Outcome& outcome) { outcomes_[state].push_back(outcome); }
  // Has any look been in vain?
  bool knows_any() const { return knows_any_; }
  // Those known to lead back to where the thread was, or may have been.
  std::span<const Outcome> of(const Digest& state) const;

 private:
  struct Hash {
    std::size_t operator()(const Digest& digest) const { return digest.low; }
  };
  struct Place {
    std::uintptr_t pc;
    std::uint64_t chances;       // so often states are still compared
    std::uint64_t chances_next;  // so often when it turns out to be repeated again
  };
  Place* find(std::uintptr_t pc);

  bool knows_any_ = false;
  std::vector<Place> places_;  // few
  std::unordered_map<Digest, std::vector<Outcome>, Hash> outcomes_;
};

}  // namespace raddle::scheduler
