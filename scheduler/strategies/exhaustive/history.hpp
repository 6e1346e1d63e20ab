// The steps of one execution, what they did to which object, and which of them race.
#pragma once

#include "scheduler/strategies/exhaustive/access.hpp"
#include "scheduler/strategies/exhaustive/awaits.hpp"
#include "scheduler/strategies/exhaustive/wakeup_tree.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace raddle::scheduler {

// Vector clocks over the dependence of steps, and from them the pairs whose order could have been
// the other one. Near linear in the length of the execution.
class History {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Step {
    SequenceStep what;
    EventKind announced{};
    Operation operation;           // as it was announced, if it could turn out to be a look
    std::uint32_t before = kNone;  // the thread's own step before this one
    std::uint64_t queue = 0;       // in which it was, or would be had it come at another time
    bool is_timed = false;
    // Of an operation on memory: where, and what was there before it, in the eight aligned bytes.
    std::uintptr_t address = 0;
    std::uint64_t word = 0;
    // It looked at memory, or had nothing to do with it, and left everything as it was.
    bool is_look = true;
    // What it would not have gone on with: see Awaits.
    std::vector<Content> fruitless;
    // Of a compare-exchange.
    bool is_conditional = false;
    std::uint32_t bytes = 0;
    std::uint64_t expected = 0;
  };

  // At memory, in vain.
  struct Look {
    ThreadId thread;
    Access access;
    std::vector<Content> fruitless;
  };

  // Two steps that are dependent, with nothing between them that makes them so: the second one
  // could have come first.
  struct Race {
    std::uint32_t first;
    std::uint32_t second;  // size(): the step of `Blocked`
  };

  std::uint32_t size() const { return static_cast<std::uint32_t>(size_); }
  const Step& operator[](std::uint32_t step) const { return steps_[step]; }

  // A step of `thread` begins, with what it has announced.
  void begin_step(ThreadId thread, const Operation& announced);
  // A step is followed again: what it looks at may lie elsewhere in this execution.
  void renew_step(std::uint32_t step, const Operation& announced) {
    if (may_look(announced)) steps_[step].operation = announced;
  }
  // The last step waits until its memory holds something else than one of these.
  void set_fruitless(std::vector<Content> contents) {
    steps_[size_ - 1].fruitless = std::move(contents);
  }
  // The last step of the thread; kNone.
  std::uint32_t last_of(ThreadId thread) const {
    return index(thread) < last_.size() ? last_[index(thread)] : kNone;
  }
  // Something that the last step did.
  void add(const Event& event);
  // It read the clock, or time passed for it.
  void add_clock();
  void add_value(std::uint16_t value) { steps_[size_ - 1].what.values.push_back(value); }
  // The last step, which is number `step`, woke `sleeper`. `is_new`: that is not known yet.
  void on_wake(ThreadId sleeper, std::uint32_t step, bool is_new);

  std::size_t steps_of(ThreadId thread) const {
    return index(thread) < places_.size() ? places_[index(thread)].size() : 0;
  }

  // Forgets all steps from `size` on.
  void truncate(std::uint32_t size);

  // Looks at the steps from `from` on, in order. To be done once for each.
  void find_races(std::uint32_t from, std::vector<Race>& out);
  // The same for the operation of a thread that was never let on, or that would look in vain.
  void find_races(ThreadId thread, const Operation& announced, std::vector<Race>& out);
  void find_races(const Look& look, std::vector<Race>& out);

  // What could have been done in place of `race.first`: all that does not come after it because
  // of it, and then the second.
  Sequence reversed(const Race& race);

 private:
  struct Use {
    std::uint32_t step;
    Access access;
  };
  using Clock = std::vector<std::uint32_t>;

  std::vector<Use>& uses_of(const Access& access);
  void find_races_of(std::uint32_t second, const SequenceStep& step, const Access& access,
                     std::vector<Race>& out);
  std::int32_t& load_before(const Access& access) {
    uses_of(access);
    return loads_before_[objects_[{access.address, access.object}]];
  }
  void add_wakeup(const StepId& woken, std::uint32_t step);
  // A semaphore was told its count: if that is not what its uses make it, it is another one.
  void settle_count(const Event& event, Access& access);
  void find_races_of(std::uint32_t second, const SequenceStep& step, std::uint32_t before,
                     std::vector<Race>& out);
  void join(std::uint32_t step, Clock& clock) const;
  void find_races_of_blocked(std::vector<Race>& out);
  bool is_before(std::uint32_t step, const Clock& clock) const {
    return clock[index(steps_[step].what.id.thread)] > steps_[step].what.id.number;
  }
  bool could_go_on(const Access& access, std::uint32_t without, std::uint32_t until);
  bool would_be_fruitless(const Access& access, std::uint32_t without, std::uint32_t until) const;
  // What the second step of the race does in place of the first one.
  void foretell(const Race& race, const Step& second, SequenceStep& step);
  void foretell_exchange(const Step& first, const Step& second, SequenceStep& step);
  void foretell_try(const Race& race, bool is_shared, SequenceStep& step);
  StepId id_of(std::uint32_t step) const { return steps_[step].what.id; }
  std::uint32_t place_of(const StepId& id) const;

  std::vector<Step> steps_;  // those behind size_ are kept for their memory
  std::size_t size_ = 0;
  std::vector<Clock> clocks_;                          // by step; of each thread, how many steps
  std::vector<std::uint32_t> last_, creator_, waker_;  // by thread
  std::vector<std::vector<std::uint32_t>> places_;     // by thread and number
  std::vector<std::vector<Use>> uses_;
  std::vector<std::int32_t> loads_before_;  // of each object, before all its uses
  struct Key {
    std::uint64_t address;
    ObjectClass object;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return (key.address + static_cast<std::uint64_t>(key.object)) * 0x9E3779B97F4A7C15ull >> 16;
    }
  };
  std::unordered_map<Key, std::uint32_t, Hash> objects_;
  std::vector<std::uint32_t> accepted_;
  struct Cause {
    std::uint32_t step;
    const Access* access;  // of the later step, by which it depends on that one
  };
  std::vector<Cause> causes_;
  Step blocked_;
};

}  // namespace raddle::scheduler
