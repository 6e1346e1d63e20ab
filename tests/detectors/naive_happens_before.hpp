// Happens-before as the standard words it: every edge drawn, every pair of
// accesses compared. Slow, short, and made from other ideas than the detector.
#pragma once

#include "detectors/problem.hpp"
#include "scheduler/events/event.hpp"

#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

namespace raddle::detectors {

class NaiveHappensBefore {
 public:
  static constexpr std::size_t kEventsMax = 1024;

  explicit NaiveHappensBefore(bool races = true) : races_(races) {}

  // What would be wrong if `event` came next.
  std::optional<ProblemKind> judge(const scheduler::Event& event) const;
  void add(const scheduler::Event& event);
  std::size_t size() const { return events_.size(); }

 private:
  using Event = scheduler::Event;
  using Set = std::bitset<kEventsMax>;
  enum class Use { None, Read, Write, AtomicRead, AtomicWrite, Free };
  struct Range {
    std::uintptr_t begin, end;
  };

  static Use use(const Event& event);
  static Range range(const Event& event);
  static bool conflict(Use earlier, Use later);

  // The events that synchronise with `event`, and those before them.
  Set before(const Event& event) const;
  void edge(Set& set, std::size_t from) const;
  // The events from which the store that a load at `address` reads carries a release.
  std::vector<std::size_t> release_heads(std::uintptr_t address, std::size_t end) const;
  // Whether the object at `address` was replaced by another one after event `i`.
  bool replaced_since(std::size_t i, std::uintptr_t address, std::size_t end) const;
  bool allocated_since(std::size_t i, std::uintptr_t byte) const;

  bool races_;
  std::vector<Event> events_;
  std::vector<Set> before_;
};

}  // namespace raddle::detectors
