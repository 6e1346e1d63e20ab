#include "scheduler/strategies/replay.hpp"

#include <algorithm>

namespace raddle::scheduler {

Replay::Replay(std::span<const Deviation> deviations) { follow(deviations); }

void Replay::follow(std::span<const Deviation> deviations) {
  entries_.assign(1, {});
  first_.assign(kThreadsMax, 0);
  std::vector<std::uint32_t> last(kThreadsMax, 0);
  for (const Deviation& deviation : deviations) {
    const auto here = static_cast<std::uint32_t>(entries_.size());
    const std::size_t thread = index(deviation.thread) % kThreadsMax;
    entries_.push_back({deviation, 0});
    if (last[thread] == 0) {
      first_[thread] = here;
    } else {
      entries_[last[thread]].next = here;
    }
    last[thread] = here;
  }
  begin(0);
}

void Replay::begin(std::uint64_t) {
  front_ = first_;
  divergence_.reset();
}

void Replay::diverge(const Divergence& divergence) {
  if (!divergence_) divergence_ = divergence;
}

// Several decisions can fall on the same event of a thread (which waiter, then
// who is next); they stand in the list in the order in which they were taken.
const Deviation* Replay::match(ThreadId thread, std::uint64_t events, bool is_value) {
  std::uint32_t& front = front_[index(thread)];
  while (front != 0 && entries_[front].deviation.step < events) {
    diverge({entries_[front].deviation, thread, events, false, {}, 0, false});
    front = entries_[front].next;
  }
  if (front == 0) return nullptr;
  const Deviation& deviation = entries_[front].deviation;
  if (deviation.step != events || deviation.is_value != is_value) return nullptr;
  front = entries_[front].next;
  return &deviation;
}

ThreadId Replay::choose_thread(const SchedulingPoint& point) {
  const Deviation* wanted = match(point.last, point.last_events, false);
  if (wanted == nullptr) return point.preferred;
  const ThreadId chosen{wanted->choice};
  const bool is_eligible = point.eligible.contains(chosen);
  const Operation found =
      wanted->choice < point.announced.size() ? point.announced[wanted->choice] : Operation{};
  if (!is_eligible || found.kind != wanted->kind) {
    diverge({*wanted, point.last, point.last_events, true, found.kind, found.pc, is_eligible});
  }
  return is_eligible ? chosen : point.preferred;
}

std::size_t Replay::choose_value(const ValueChoice& choice) {
  const Deviation* wanted = match(choice.thread, choice.events, true);
  if (wanted == nullptr) return 0;
  if (wanted->choice >= choice.count || wanted->kind != choice.kind) {
    diverge({*wanted, choice.thread, choice.events, true, choice.kind, 0, false});
    return 0;
  }
  return wanted->choice;
}

bool Replay::wants_point(ThreadId thread, std::uint64_t events) const {
  const std::uint32_t front = front_[index(thread)];
  return front != 0 && entries_[front].deviation.step == events &&
         !entries_[front].deviation.is_value;
}

std::optional<Divergence> Replay::divergence() const {
  if (divergence_) return divergence_;
  std::uint32_t left = 0;
  for (const std::uint32_t front : front_) {
    if (front != 0 && (left == 0 || front < left)) left = front;
  }
  if (left == 0) return std::nullopt;
  return Divergence{entries_[left].deviation, kNoThread, 0, false, {}, 0, false};
}

}  // namespace raddle::scheduler
