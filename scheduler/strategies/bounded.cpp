#include "scheduler/strategies/bounded.hpp"

namespace raddle::scheduler {

Bounded::Bounded(std::uint64_t preemptions_max, bool at_accesses, bool with_spurious)
    : preemptions_max_(preemptions_max), at_accesses_(at_accesses), with_spurious_(with_spurious) {
  choices_.reserve(kDepthMax);
}

void Bounded::begin(std::uint64_t) {
  preemptions_ = 0;
  depth_ = 0;
}

// The option of the schedule that is being followed; behind its end the first that is allowed.
std::size_t Bounded::take(std::size_t options, std::size_t free_option) {
  if (depth_ == kDepthMax) return 0;
  if (depth_ == choices_.size()) {
    choices_.push_back({options, 0, free_option, preemptions_});
    Choice& choice = choices_.back();
    if (preemptions_ + choice.cost(0) > preemptions_max_) move_on(choice);
  }
  Choice& choice = choices_[depth_++];
  if (choice.taken >= options) choice.taken = options - 1;  // not what it did the last time
  preemptions_ += choice.cost(choice.taken);
  return choice.taken;
}

// To the next option that is allowed. False if there is none.
bool Bounded::move_on(Choice& choice) const {
  while (++choice.taken < choice.options) {
    if (choice.preemptions_before + choice.cost(choice.taken) <= preemptions_max_) return true;
  }
  return false;
}

ThreadId Bounded::choose_thread(const SchedulingPoint& point) {
  // Where `preferred` stands among the others; they close the gap that it leaves.
  std::size_t place = 0, current_place = kNone;
  for (std::size_t i = 0; i < point.count; ++i) {
    const ThreadId thread = point.eligible.nth(i);
    if (thread == point.preferred) place = i;
    if (thread == point.current) current_place = i;
  }
  const auto option_of = [&](std::size_t i) { return i == place ? 0 : i < place ? i + 1 : i; };
  const std::size_t taken =
      take(point.count, current_place == kNone ? kNone : option_of(current_place));
  if (taken == 0) return point.preferred;
  return point.eligible.nth(taken <= place ? taken - 1 : taken);
}

std::size_t Bounded::choose_value(const ValueChoice& choice) {
  if (!with_spurious_ && is_spurious(choice.kind)) return 0;
  return take(choice.count, kNone);
}

bool Bounded::next() {
  // What the last execution did not reach is no part of its schedule.
  choices_.resize(depth_ < choices_.size() ? depth_ : choices_.size());
  while (!choices_.empty()) {
    if (move_on(choices_.back())) return true;
    choices_.pop_back();
  }
  return false;
}

}  // namespace raddle::scheduler
