#pragma once

#include "scheduler/strategies/exhaustive/awaits.hpp"
#include "scheduler/strategies/exhaustive/bytes.hpp"
#include "scheduler/strategies/exhaustive/history.hpp"
#include "scheduler/strategies/exhaustive/wakeup_tree.hpp"
#include "scheduler/strategies/strategy.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace raddle::scheduler {

// Every interleaving under sequential consistency, one execution for each Mazurkiewicz trace:
// optimal dynamic partial-order reduction with wakeup trees (Abdulla, Aronis, Jonsson, Sagonas,
// POPL 2014; blocking operations as in the authors' JACM 2017). docs/exhaustive.md says what
// counts as dependent, and what the search relies on.
class Exhaustive final : public Strategy {
 public:
  // A thread that has taken `steps_max` steps takes no more, and the others go on without it.
  explicit Exhaustive(std::uint64_t steps_max = kStepsMax);

  // Of a thread. Enough for any test that can be explored.
  static constexpr std::uint64_t kStepsMax = 10'000;

  void begin(std::uint64_t number) override;
  ThreadId choose_thread(const SchedulingPoint& point) override;
  std::size_t choose_value(const ValueChoice& choice) override;
  bool watches() const override { return true; }
  void on_event(const Event& event) override;
  void on_wake(ThreadId sleeper) override;
  void on_clock() override;
  void on_yield(ThreadId thread, bool is_alone) override;
  bool next() override;
  bool was_redundant() const override { return was_pruned_; }
  double share() const override;
  std::string_view left_out() const override;

  // A thread that need not go on before another does something dependent: what comes of that
  // has been explored.
  struct Sleeper {
    ThreadId thread;
    std::vector<Access> accesses;
    // What comes of it is still being explored, by somebody else. What is found there will not be
    // inserted here, so this search has to find by itself what follows once it is awake.
    bool is_elsewhere = false;
  };

  // A choice on the way of the running execution.
  struct Node {
    bool is_value = false;
    // Of a value: how many there are, which comes first, and how many have been explored. This
    // search explores those in [from, until) only.
    std::size_t count = 0, first = 0, explored = 0, from = 0, until = 0;
    // Of a thread: which (kNoThread: to be chosen anew), the step that follows, and what it did
    // whatever values it chose.
    ThreadId chosen{};
    std::uint32_t step = 0;
    std::size_t done = 0;  // threads that have been explored there
    std::vector<Access> did;
    std::vector<Sleeper> asleep;
    WakeupTree pending;
    // Where `chosen` comes from there: what is to follow it.
    std::unique_ptr<WakeupTree::Branch> branch;
    // Of what `chosen` announces behind that step, if it looks at memory: the state in which it
    // does so, whether it wrote anywhere on the way, and what it is known to look at in vain.
    std::optional<Digest> arrival;
    bool has_written = false;
    std::vector<Content> fruitless;
    // Where threads are known that wait: who did not.
    std::vector<ThreadId> ready;

    void forget_step() {
      did.clear();
      arrival.reset();
      has_written = false;
      fruitless.clear();
    }
  };

  // Does `sleeper` cover all that begins with `sequence`?
  static bool covers(const Sleeper& sleeper, const Sequence& sequence);

  // --- A part of the tree, as a task: see shared_tree.hpp. To be called between executions. ---

  // Explores what these bytes say, and nothing else. Throws std::out_of_range if they are damaged.
  void begin_task(Reader task);
  // The task as it stands.
  void put_task(Writer& out) const;
  // A race whose first step belongs to a choice above the task, at `node`: the owner of that choice
  // is to insert it.
  struct Reversal {
    std::uint32_t node;
    Sequence sequence;
  };
  std::vector<Reversal>& reversals() { return reversals_; }
  // True once, when it is known what the first step of the task does: see first_step().
  bool has_settled() { return std::exchange(has_settled_, false); }
  // What the last step above the task, which leads into it, has done so far.
  const std::vector<Access>& first_step() const;
  // Gives away what is left at the highest choice that has something left: writes the choices
  // from the first of the task to that one. False: there is none.
  bool split(Writer& out);
  // What threads were seen to wait for is known to this search only: it has to explore everything.
  bool is_divisible() const { return !awaits_.knows_any(); }
  bool is_whole() const { return floor_ == 0; }  // nothing was given away
  // It did not come to the end of the task.
  bool gave_up() const { return size_ > floor_; }

 private:
  Node& push();
  // That of a step; of none, what stands for the beginning of the first thread.
  Node& node_of(std::uint32_t step) {
    return step == History::kNone ? beginning_ : nodes_[node_of_step_[step]];
  }
  const Node& node_of(std::uint32_t step) const {
    return step == History::kNone ? beginning_ : nodes_[node_of_step_[step]];
  }
  bool arrive(const SchedulingPoint& point);
  void find_lap(const Operation& operation);
  void look_in_vain(std::uint32_t look, const Digest& state);
  bool can_drop_from(std::uint32_t step) const;
  void note_lookers(const SchedulingPoint& point);
  ThreadId stop(const SchedulingPoint& point);
  void run_again_from(std::uint32_t step);
  bool comes_round(ThreadId thread, const Digest& state, std::uintptr_t address) const;
  bool waits(ThreadId thread, const Operation& operation);
  std::vector<Content> fruitless_of(ThreadId thread, std::uintptr_t address) const;
  void reverse_look(const WakeupTree::Branch& branch, std::uintptr_t address);
  void drop_branch(Node& node, std::uintptr_t address);
  ThreadId choose(Node& node, const SchedulingPoint& point, const ThreadSet& ready);
  bool is_asleep(const Node& node, ThreadId thread) const;
  void block(const Node& node, const SchedulingPoint& point);
  void finish_step();
  void inherit_sleepers(Node& node);
  bool turn(Node& node);
  bool turn_back();
  bool take_pending(Node& node);
  const Node* last_thread_node() const {
    return steps_ > 0 ? &nodes_[node_of_step_[steps_ - 1]] : nullptr;
  }
  void reverse(const History::Race& race);
  void settle();

  std::vector<Node> nodes_;  // those behind size_ are kept for their memory
  Node beginning_;
  std::size_t size_ = 0;
  std::size_t depth_ = 0;    // of the running execution: nodes passed
  std::uint32_t known_ = 0;  // steps that are as they were in the execution before
  std::uint32_t steps_ = 0;  // of the running execution, so far
  std::size_t values_in_step_ = 0;
  History history_;
  std::vector<std::uint32_t> node_of_step_;
  struct Waiting {
    ThreadId thread;
    Operation operation;
  };
  std::vector<Waiting> stuck_;
  Awaits awaits_;
  std::size_t followed_ = 0;              // nodes that were there when the running execution began
  std::vector<std::uint8_t> is_watched_;  // by thread: for writes
  bool is_in_vain_ = false;               // nobody can go on but those that look in vain
  std::vector<History::Look> looks_;      // then: who, and where
  bool is_to_run_again_ = false;
  bool sleeps_in_vain_ = false;      // a loop does, which waits
  bool heeds_time_ = false;          // the test reads the clock, or gives up waiting
  std::vector<std::uint8_t> spins_;  // by thread: how often it said so, in this execution
  std::vector<History::Race> races_;
  bool was_pruned_ = false;
  std::uint64_t steps_max_;
  std::string stopped_;  // what is left out where threads stop
  // Everyone who could have gone on was asleep, not all of them because of what was explored here.
  bool is_blocked_ = false;
  std::string_view left_out_;

  std::size_t floor_ = 0;    // nodes above the task, which stay as they are
  std::uint32_t fresh_ = 0;  // races whose second step is earlier have been reversed
  bool is_unsettled_ = false, has_settled_ = false;
  std::vector<Reversal> reversals_;
};

}  // namespace raddle::scheduler
