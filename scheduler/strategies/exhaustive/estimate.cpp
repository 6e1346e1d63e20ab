#include "scheduler/strategies/exhaustive/estimate.hpp"

#include "scheduler/objects/object.hpp"
#include "scheduler/thread.hpp"

#include <algorithm>
#include <utility>

namespace raddle::scheduler {
namespace {

// What the operation would do. Whether a compare-exchange will succeed is not known: it may write.
void add_announced(const Operation& operation, std::uint32_t size, LocalState& local,
                   std::vector<Access>& out) {
  Event event;
  event.kind = operation.kind;
  event.address = local.name(operation.address);
  event.size = size;
  event.value = 1;
  if (operation.kind == EventKind::CondWake && operation.mutex != nullptr) {
    event.extra = local.name(operation.mutex->address);
  }
  add_accesses(event, operation.is_timed(), out);
}

}  // namespace

void Estimate::begin(std::uint64_t number) {
  const RuntimeScope scope;
  conclude();
  generator_ = Generator{mix(seed_, number)};
  is_running_ = true;
  weight_ = 1;
  asleep_.clear();
  history_.truncate(0);
  // Groups: the first of each, by following who shares something with whom.
  groups_.clear();
  for (const auto& [key, users] : objects_) {
    if (!users.has_others || !users.is_written) continue;
    const std::size_t to = group_of(users.all.front());
    for (const ThreadId user : users.all) {
      const std::size_t from = group_of(user);
      if (groups_.size() <= std::max({index(user), from, to})) {
        const std::size_t before = groups_.size();
        groups_.resize(std::max({index(user), from, to}) + 1);
        for (std::size_t i = before; i < groups_.size(); ++i) groups_[i] = i;
      }
      for (std::size_t& group : groups_) {
        if (group == from) group = to;
      }
    }
  }
}

// What the last execution says.
void Estimate::conclude() {
  if (!std::exchange(is_running_, false) || ++walks_ <= kWarmUp) return;
  finish_step();
  ++estimate_.walks;
  estimate_.sum += weight_;
  estimate_.sum_of_squares += weight_ * weight_;
}

SizeEstimate Estimate::estimate() {
  conclude();
  return estimate_;
}

std::size_t Estimate::group_of(ThreadId thread) const {
  return index(thread) < groups_.size() ? groups_[index(thread)] : index(thread);
}

bool Estimate::is_asleep(ThreadId thread) const {
  return std::any_of(asleep_.begin(), asleep_.end(),
                     [&](const Sleeper& sleeper) { return sleeper.thread == thread; });
}

void Estimate::learn(ThreadId thread, const Access& access) {
  Users& users = objects_[key_of(access)];
  if (std::find(users.all.begin(), users.all.end(), thread) == users.all.end()) {
    users.has_others = !users.all.empty();
    users.all.push_back(thread);
  }
  users.is_written |= access.kind != Access::Kind::Read;
}

// Does any other thread use what it does?
bool Estimate::is_contested(std::span<const Access> accesses) const {
  return std::any_of(accesses.begin(), accesses.end(), [&](const Access& access) {
    const auto found = objects_.find(key_of(access));
    return found == objects_.end() || (found->second.has_others && found->second.is_written);
  });
}

// The step that was running is over: it wakes those that it concerns.
void Estimate::finish_step() {
  if (history_.size() == 0) return;
  const SequenceStep& step = history_[history_.size() - 1].what;
  for (const Access& access : step.accesses) learn(step.id.thread, access);
  std::erase_if(asleep_, [&](const Sleeper& sleeper) {
    return sleeper.thread == step.id.thread || is_dependent(sleeper.accesses, step.accesses);
  });
}

ThreadId Estimate::choose_thread(const SchedulingPoint& point) {
  if (point.count == 0) return kNoThread;
  const RuntimeScope scope;
  finish_step();
  candidates_.clear();
  ThreadId chosen = kNoThread;
  for (std::size_t i = 0; i < point.count; ++i) {
    const ThreadId thread = point.eligible.nth(i);
    if (is_asleep(thread)) continue;
    if (!candidates_.empty() && group_of(thread) != group_of(candidates_.front())) continue;
    if (announced_.size() <= candidates_.size()) announced_.emplace_back();
    std::vector<Access>& accesses = announced_[candidates_.size()];
    accesses.clear();
    const Operation& operation = point.announced[index(thread)];
    const auto size = sizes_.find(operation.pc);
    add_announced(operation, size == sizes_.end() ? 8 : size->second, *point.local, accesses);
    if (!is_contested(accesses)) {
      chosen = thread;
      break;
    }
    candidates_.push_back(thread);
  }
  if (chosen == kNoThread) {
    if (candidates_.empty()) {
      weight_ = 0;
      return kNoThread;
    }
    const std::size_t place = generator_.below(candidates_.size());
    weight_ *= static_cast<double>(candidates_.size());
    for (std::size_t i = 0; i < place; ++i) asleep_.push_back({candidates_[i], announced_[i]});
    chosen = candidates_[place];
  }
  history_.begin_step(chosen, point.announced[index(chosen)]);
  return chosen;
}

std::size_t Estimate::choose_value(const ValueChoice& choice) {
  if (choice.kind == EventKind::Yield) return choice.is_spinning ? 0 : choice.count - 1;
  weight_ *= static_cast<double>(choice.count);
  return generator_.below(choice.count);
}

void Estimate::on_event(const Event& event) {
  const RuntimeScope scope;
  if (history_.size() == 0) return;
  if (event.size != 0) sizes_.try_emplace(event.pc, event.size);
  history_.add(event);
}

void Estimate::on_wake(ThreadId sleeper) {
  const RuntimeScope scope;
  if (history_.size() > 0) history_.on_wake(sleeper, history_.size() - 1, true);
}

void Estimate::on_clock() {
  const RuntimeScope scope;
  if (history_.size() > 0) history_.add_clock();
}

}  // namespace raddle::scheduler
