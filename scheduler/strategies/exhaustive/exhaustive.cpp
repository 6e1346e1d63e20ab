#include "scheduler/strategies/exhaustive/exhaustive.hpp"

#include "scheduler/thread.hpp"

#include <algorithm>
#include <utility>

namespace raddle::scheduler {
namespace {

// Steps of one execution. What takes more is taken for a loop that spins.
constexpr std::uint32_t kStepsMax = 20'000;

constexpr std::string_view kFibers = "which fiber of a thread is next was not searched";
constexpr std::string_view kNotModelled =
    "a thread could not go on where the search expected it to";
constexpr std::string_view kNotTheSame = "the test did not do the same under the same schedule";

void merge(std::span<const Access> from, std::vector<Access>& to) {
  for (const Access& access : from) {
    const bool is_there = std::any_of(to.begin(), to.end(), [&](const Access& other) {
      return other.is_of_same_object(access) && other.kind == access.kind &&
             other.bytes == access.bytes;
    });
    if (!is_there) to.push_back(access);
  }
}

}  // namespace

void Exhaustive::begin(std::uint64_t) {
  depth_ = 0;
  steps_ = 0;
  values_in_step_ = 0;
  was_pruned_ = false;
  stuck_.clear();
  spins_.clear();
}

Exhaustive::Node& Exhaustive::push() {
  if (size_ == nodes_.size()) nodes_.emplace_back();
  Node& node = nodes_[size_++];
  depth_ = size_;
  node.did.clear();
  node.asleep.clear();
  node.pending.clear();
  node.explored = node.done = 0;
  return node;
}

bool Exhaustive::is_asleep(const Node& node, ThreadId thread) const {
  return std::any_of(node.asleep.begin(), node.asleep.end(),
                     [&](const Sleeper& sleeper) { return sleeper.thread == thread; });
}

// The step that was running is over.
void Exhaustive::finish_step() {
  if (steps_ <= known_) return;
  merge(history_[steps_ - 1].what.accesses, nodes_[node_of_step_[steps_ - 1]].did);
}

// Who was asleep before the last step, and is still so after it.
void Exhaustive::inherit_sleepers(Node& node) {
  if (steps_ == 0) return;
  const Node& before = nodes_[node_of_step_[steps_ - 1]];
  for (const Sleeper& sleeper : before.asleep) {
    // What the step did wakes it, or what those took it to do who asked for it.
    const bool is_guess = before.branch != nullptr && before.branch->step.is_guess;
    if (sleeper.thread == before.chosen ||
        is_dependent(sleeper.accesses, history_[steps_ - 1].what.accesses) ||
        (is_guess && is_dependent(sleeper.accesses, before.branch->step.accesses))) {
      continue;
    }
    node.asleep.push_back(sleeper);
  }
}

ThreadId Exhaustive::choose_thread(const SchedulingPoint& point) {
  const RuntimeScope scope;
  finish_step();
  if (point.count == 0) {
    for (std::size_t i = 0; i < point.announced.size(); ++i) {
      stuck_.push_back({thread_id(i), point.announced[i]});
    }
    return kNoThread;
  }
  values_in_step_ = 0;
  Node* node = nullptr;
  if (depth_ < size_) {
    node = &nodes_[depth_++];
    if (node->is_value || !point.eligible.contains(node->chosen)) {
      // A thread that spins may have been made to wait where it is to go on.
      if (left_out_.empty()) left_out_ = kNotTheSame;
      was_pruned_ = true;
      return kNoThread;
    }
  } else {
    if (steps_ == kStepsMax) {
      left_out_ = "there are executions of more than 20,000 steps, which were cut off";
      was_pruned_ = true;
      return kNoThread;
    }
    node = &push();
    node->is_value = false;
    inherit_sleepers(*node);
    node->branch = nullptr;
    if (steps_ > 0) {
      Node& before = nodes_[node_of_step_[steps_ - 1]];
      if (before.branch != nullptr) {
        node->pending.replace(before.branch->take(history_[steps_ - 1].what.values));
      }
    }
    ThreadId chosen = kNoThread;
    while (chosen == kNoThread && !node->pending.empty()) {
      auto branch = node->pending.take_first();
      if (!point.eligible.contains(branch->step.id.thread)) {
        if (left_out_.empty()) left_out_ = kNotModelled;
        continue;
      }
      if (is_asleep(*node, branch->step.id.thread)) continue;
      chosen = branch->step.id.thread;
      node->branch = std::move(branch);
    }
    if (chosen == kNoThread && !is_asleep(*node, point.preferred)) chosen = point.preferred;
    for (std::size_t i = 0; chosen == kNoThread && i < point.count; ++i) {
      if (!is_asleep(*node, point.eligible.nth(i))) chosen = point.eligible.nth(i);
    }
    if (chosen == kNoThread) {
      depth_ = --size_;
      was_pruned_ = true;
      return kNoThread;
    }
    node->chosen = chosen;
    node->step = steps_;
  }
  if (point.announced[index(node->chosen)].kind == EventKind::Resume) left_out_ = kFibers;
  if (steps_ >= known_) {
    history_.begin_step(node->chosen, point.announced[index(node->chosen)]);
    node_of_step_.resize(steps_);
    node_of_step_.push_back(static_cast<std::uint32_t>(depth_ - 1));
  }
  ++steps_;
  return node->chosen;
}

std::size_t Exhaustive::choose_value(const ValueChoice& choice) {
  // A hint that others should go first: all orders are explored anyway. But a loop that spins
  // would have no end. After some time, in which those of the standard library end by themselves,
  // it is taken to wait, which is all that most of them do.
  if (choice.kind == EventKind::Yield) {
    if (!choice.is_spinning) return choice.count - 1;
    const RuntimeScope scope;
    if (index(choice.thread) >= spins_.size()) spins_.resize(index(choice.thread) + 1);
    return spins_[index(choice.thread)]++ == 0 ? choice.count - 1 : 0;
  }
  const RuntimeScope scope;
  Node* node = nullptr;
  if (depth_ < size_) {
    node = &nodes_[depth_++];
    if (!node->is_value || node->count != choice.count) {
      left_out_ = kNotTheSame;
      was_pruned_ = true;
      return 0;
    }
  } else {
    node = &push();
    node->is_value = true;
    node->count = choice.count;
    node->first = 0;
    if (const Node* chosen = last_thread_node(); chosen != nullptr && chosen->branch != nullptr) {
      const std::vector<std::uint16_t>& values = chosen->branch->ways.front().values;
      if (values_in_step_ < values.size()) node->first = values[values_in_step_] % choice.count;
    }
    node->step = steps_ > 0 ? steps_ - 1 : 0;
  }
  ++values_in_step_;
  const std::size_t value = (node->first + node->explored) % node->count;
  if (steps_ > known_) history_.add_value(static_cast<std::uint16_t>(value));
  return value;
}

void Exhaustive::on_event(const Event& event) {
  if (event.kind == EventKind::Suspend || event.kind == EventKind::Resume) left_out_ = kFibers;
  if (steps_ <= known_) return;
  const RuntimeScope scope;
  history_.add(event);
}

void Exhaustive::on_clock() {
  if (steps_ <= known_) return;
  const RuntimeScope scope;
  history_.add_clock();
}

void Exhaustive::on_wake(ThreadId sleeper) {
  if (steps_ == 0) return;
  const RuntimeScope scope;
  history_.on_wake(sleeper, steps_ - 1, steps_ > known_);
}

void Exhaustive::on_yield(ThreadId, bool is_alone) {
  if (!is_alone) left_out_ = "threads that spin were taken to wait for a write";
}

void Exhaustive::reverse(const History::Race& race) {
  Node& node = nodes_[node_of_step_[race.first]];
  Sequence sequence = history_.reversed(race);
  for (const Sleeper& sleeper : node.asleep) {
    std::size_t place = 0;
    if (is_weak_initial(sleeper.thread, sleeper.accesses, sequence, place)) return;
  }
  node.pending.insert(std::move(sequence));
}

bool Exhaustive::next() {
  finish_step();
  if (depth_ < size_) {
    left_out_ = kNotTheSame;
    return false;
  }
  races_.clear();
  history_.find_races(known_, races_);
  if (!was_pruned_) {
    for (const History::Race& race : races_) reverse(race);
    for (const Waiting& waiting : stuck_) {
      races_.clear();
      history_.find_races(waiting.thread, waiting.operation, races_);
      for (const History::Race& race : races_) reverse(race);
    }
  }
  for (; size_ > 0; --size_) {
    Node& node = nodes_[size_ - 1];
    if (!turn(node)) continue;
    known_ = node.step;
    history_.truncate(known_);
    return true;
  }
  return false;
}

// All branches that are known at a node are taken to be equally large (Knuth, Estimating the
// Efficiency of Backtrack Programs, 1975). There are more of them as the search goes on, so that
// at first it says too much.
double Exhaustive::share() const {
  double share = 0, rest = 1;
  for (std::size_t i = 0; i < size_; ++i) {
    const Node& node = nodes_[i];
    const std::size_t done = node.is_value ? node.explored : node.done;
    const std::size_t all = node.is_value ? node.count : node.done + 1 + node.pending.size();
    rest /= static_cast<double>(all);
    share += rest * static_cast<double>(done);
  }
  return size_ == 0 ? 1 : share;
}

// To what is to be explored next at the node. False if that is nothing.
bool Exhaustive::turn(Node& node) {
  if (node.is_value) return ++node.explored < node.count;
  node.asleep.push_back({node.chosen, std::move(node.did)});
  node.did.clear();
  ++node.done;
  while (!node.pending.empty()) {
    auto branch = node.pending.take_first();
    if (is_asleep(node, branch->step.id.thread)) continue;
    node.chosen = branch->step.id.thread;
    node.branch = std::move(branch);
    return true;
  }
  return false;
}

}  // namespace raddle::scheduler
