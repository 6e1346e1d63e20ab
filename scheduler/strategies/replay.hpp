#pragma once

#include "scheduler/schedule.hpp"
#include "scheduler/strategies/strategy.hpp"

#include <optional>
#include <span>
#include <vector>

namespace raddle::scheduler {

// Where a replay no longer fits the program.
struct Divergence {
  Deviation expected;
  ThreadId running{kNoThread};  // who ran last when it was noticed
  std::uint64_t events{};       // of that thread
  bool was_offered{};           // was there a decision at that place at all?
  EventKind found{};            // if so: what the chosen thread had announced instead
  std::uintptr_t found_pc{};    // and where
  bool was_eligible{};          // could the chosen thread have gone on?
};

// Follows a schedule: the default everywhere but at its deviations. Deviations
// that do not fit are left out, and the first one is kept in divergence().
class Replay final : public Strategy {
 public:
  explicit Replay(std::span<const Deviation> deviations = {});
  void follow(std::span<const Deviation> deviations);

  void begin(std::uint64_t number) override;
  ThreadId choose_thread(const SchedulingPoint& point) override;
  std::size_t choose_value(const ValueChoice& choice) override;
  bool wants_point(ThreadId thread, std::uint64_t events) const override;

  // After the execution: the first deviation that was not taken, if any.
  std::optional<Divergence> divergence() const;

 private:
  struct Entry {
    Deviation deviation;
    std::uint32_t next;  // of the same thread; 0 for none (entry 0 is nobody's next)
  };
  const Deviation* match(ThreadId thread, std::uint64_t events, bool is_value);
  void diverge(const Divergence& divergence);

  std::vector<Entry> entries_;  // from 1
  std::vector<std::uint32_t> first_,
      front_;  // by thread: the list's head, and the first not yet passed
  std::optional<Divergence> divergence_;
};

}  // namespace raddle::scheduler
