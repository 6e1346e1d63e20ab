// Which sequences of steps are still to be explored from one state (Abdulla, Aronis, Jonsson,
// Sagonas: Optimal Dynamic Partial Order Reduction, POPL 2014, section 6).
#pragma once

#include "scheduler/events/ids.hpp"
#include "scheduler/strategies/exhaustive/access.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace raddle::scheduler {

// A step by its thread and how many that thread had before: the same in all executions that do
// the same, in whatever order.
struct StepId {
  ThreadId thread{kNoThread};
  std::uint32_t number = 0;

  friend bool operator==(const StepId&, const StepId&) = default;
};

// A step as a member of a sequence.
struct SequenceStep {
  StepId id;
  // The steps, other than the thread's own, without which it could not be: the one that created
  // the thread, the last of a thread that it joins, the one that woke it.
  std::array<StepId, 3> needs{};
  std::vector<Access> accesses;
  std::vector<std::uint16_t> values;  // chosen within it, in order
  // `accesses` are more than it will perhaps do: where it is, that cannot be foretold.
  bool is_guess = false;
};

// May `b` not come before `a`, which comes before it now, or does their order change what they do?
bool is_ordered(const SequenceStep& a, const SequenceStep& b);

using Sequence = std::vector<SequenceStep>;

// Can the thread of `first` begin `sequence`: is it not in it and independent of all of it, or is
// its first step in it one that nothing before it has to precede? If it is in it, `place` says
// where; else it is the sequence's length. (Weak initials of the paper.)
bool is_weak_initial(ThreadId thread, std::span<const Access> accesses, const Sequence& sequence,
                     std::size_t& place);

class WakeupTree {
 public:
  struct Branch;
  using Branches = std::vector<std::unique_ptr<Branch>>;

  struct Branch {
    SequenceStep step;
    // What is to follow it, by the values that are chosen within it: all of them are explored.
    struct Way {
      std::vector<std::uint16_t> values;
      Branches behind;
    };
    std::vector<Way> ways;
    std::vector<Sequence> whatever;  // what is to follow whatever is chosen

    // What is to follow these values, taken out.
    Branches take(const std::vector<std::uint16_t>& values);
  };

  bool empty() const { return branches_.empty(); }
  std::size_t size() const { return branches_.size(); }  // branches at its root
  void clear() { branches_.clear(); }
  const Branches& branches() const { return branches_; }
  // The branch to be explored next, taken out.
  std::unique_ptr<Branch> take_first();
  void replace(Branches branches) { branches_ = std::move(branches); }

  // Adds `sequence`, unless a branch covers it.
  void insert(Sequence sequence) { insert(branches_, std::move(sequence), true); }

 private:
  static void insert(Branches& level, Sequence sequence, bool is_root);
  static void append(Branches& level, Sequence sequence);
  static Branch::Way& way_of(Branch& branch, const std::vector<std::uint16_t>& values);

  Branches branches_;
};

}  // namespace raddle::scheduler
