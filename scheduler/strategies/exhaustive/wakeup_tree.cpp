#include "scheduler/strategies/exhaustive/wakeup_tree.hpp"

#include <utility>

namespace raddle::scheduler {

bool is_ordered(const SequenceStep& a, const SequenceStep& b) {
  return a.id.thread == b.id.thread ||
         std::find(b.needs.begin(), b.needs.end(), a.id) != b.needs.end() ||
         is_dependent(a.accesses, b.accesses);
}

bool is_weak_initial(ThreadId thread, std::span<const Access> accesses, const Sequence& sequence,
                     std::size_t& place) {
  place = sequence.size();
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    if (sequence[i].id.thread == thread) {
      place = i;
      break;
    }
  }
  if (place == sequence.size()) {
    return std::none_of(sequence.begin(), sequence.end(), [&](const SequenceStep& step) {
      return is_dependent(accesses, step.accesses);
    });
  }
  for (std::size_t i = 0; i < place; ++i) {
    if (is_ordered(sequence[i], sequence[place])) return false;
  }
  return true;
}

std::unique_ptr<WakeupTree::Branch> WakeupTree::take_first() {
  std::unique_ptr<Branch> first = std::move(branches_.front());
  branches_.erase(branches_.begin());
  return first;
}

void WakeupTree::insert(Sequence sequence) {
  std::vector<std::unique_ptr<Branch>>* level = &branches_;
  for (bool is_root = true;; is_root = false) {
    // A branch that says nothing of what follows it covers all that follows it.
    if (level->empty() && !is_root) return;
    Branch* covering = nullptr;
    for (const auto& branch : *level) {
      std::size_t place = 0;
      if (!is_weak_initial(branch->step.id.thread, branch->step.accesses, sequence, place)) {
        continue;
      }
      covering = branch.get();
      if (place < sequence.size()) {
        // Another value is chosen there: behind each everything is explored.
        if (sequence[place].values != branch->step.values) return;
        sequence.erase(sequence.begin() + static_cast<std::ptrdiff_t>(place));
      }
      break;
    }
    if (sequence.empty()) return;
    if (covering != nullptr) {
      level = &covering->behind;
      continue;
    }
    for (SequenceStep& step : sequence) {
      level->push_back(std::make_unique<Branch>(Branch{std::move(step), {}}));
      level = &level->back()->behind;
    }
    return;
  }
}

}  // namespace raddle::scheduler
