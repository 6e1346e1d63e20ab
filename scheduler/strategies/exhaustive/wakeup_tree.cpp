#include "scheduler/strategies/exhaustive/wakeup_tree.hpp"

#include <algorithm>
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

WakeupTree::Branches WakeupTree::Branch::take(const std::vector<std::uint16_t>& values) {
  return std::move(way_of(*this, values).behind);
}

// The way of these values, which is made if there is none.
WakeupTree::Branch::Way& WakeupTree::way_of(Branch& branch,
                                            const std::vector<std::uint16_t>& values) {
  for (Branch::Way& way : branch.ways) {
    if (way.values == values) return way;
  }
  branch.ways.push_back({values, {}});
  for (const Sequence& sequence : branch.whatever) {
    insert(branch.ways.back().behind, sequence, true);
  }
  return branch.ways.back();
}

void WakeupTree::append(Branches& level, Sequence sequence) {
  Branches* end = &level;
  for (SequenceStep& step : sequence) {
    std::vector<std::uint16_t> values = step.values;
    end->push_back(std::make_unique<Branch>(Branch{std::move(step), {}, {}}));
    Branch& branch = *end->back();
    branch.ways.push_back({std::move(values), {}});
    end = &branch.ways.back().behind;
  }
}

void WakeupTree::insert(Branches& level, Sequence sequence, bool is_root) {
  // A branch that says nothing of what follows it covers all that follows it.
  if (sequence.empty() || (level.empty() && !is_root)) return;
  for (const auto& branch : level) {
    std::size_t place = 0;
    if (!is_weak_initial(branch->step.id.thread, branch->step.accesses, sequence, place)) continue;
    if (place == sequence.size()) {
      for (Branch::Way& way : branch->ways) insert(way.behind, sequence, false);
      // Behind values that nothing is said of so far, nothing leads there.
      branch->whatever.push_back(std::move(sequence));
      return;
    }
    const std::vector<std::uint16_t> values = sequence[place].values;
    sequence.erase(sequence.begin() + static_cast<std::ptrdiff_t>(place));
    const bool is_known = std::any_of(branch->ways.begin(), branch->ways.end(),
                                      [&](const Branch::Way& way) { return way.values == values; });
    insert(way_of(*branch, values).behind, std::move(sequence), !is_known);
    return;
  }
  append(level, std::move(sequence));
}

}  // namespace raddle::scheduler
