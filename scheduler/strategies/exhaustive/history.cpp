#include "scheduler/strategies/exhaustive/history.hpp"

#include <algorithm>
#include <cstring>

namespace raddle::scheduler {

void History::begin_step(ThreadId thread, const Operation& announced) {
  const std::size_t i = index(thread);
  if (i >= last_.size()) {
    last_.resize(i + 1, kNone);
    creator_.resize(i + 1, kNone);
    waker_.resize(i + 1, kNone);
    places_.resize(i + 1);
  }
  if (size_ == steps_.size()) steps_.emplace_back();
  Step& step = steps_[size_];
  step.announced = announced.kind;
  step.operation = may_look(announced) ? announced : Operation{};
  step.is_look = true;
  step.fruitless.clear();
  step.is_timed = announced.is_timed();
  step.before = last_[i];
  step.address = 0;
  step.is_conditional = announced.is_conditional;
  step.bytes = 0;
  switch (announced.kind) {
    case EventKind::AtomicLoad:
    case EventKind::AtomicStore:
    case EventKind::AtomicRmw:
      step.address = announced.address;
      step.word = content_of(announced);
      break;
    case EventKind::MutexTryLock:
      if (announced.object != nullptr) step.word = content_of(announced);
      break;
    default: break;
  }
  step.what.id = {thread, static_cast<std::uint32_t>(places_[i].size())};
  step.what.needs = {};
  step.queue = 0;
  step.what.accesses.clear();
  step.what.values.clear();
  if (places_[i].empty() && creator_[i] < size_) step.what.needs[0] = id_of(creator_[i]);
  last_[i] = size();
  places_[i].push_back(size());
  ++size_;
}

void History::add(const Event& event) {
  Step& step = steps_[size_ - 1];
  const std::uint32_t self = size() - 1;
  const auto thread = [](std::uint64_t value) { return static_cast<std::size_t>(value); };
  switch (event.kind) {
    case EventKind::ThreadCreate:
      if (thread(event.value) >= creator_.size()) {
        last_.resize(thread(event.value) + 1, kNone);
        creator_.resize(last_.size(), kNone);
        waker_.resize(last_.size(), kNone);
        places_.resize(last_.size());
      }
      creator_[thread(event.value)] = self;
      break;
    case EventKind::ThreadJoin:
      if (last_[thread(event.value)] != kNone) {
        step.what.needs[1] = id_of(last_[thread(event.value)]);
      }
      break;
    case EventKind::CondWake:
    case EventKind::FutexWoken:
      if (step.is_timed) {
        // Before it was woken it could have given up.
        step.queue = event.address;
        add_wakeup(step.what.id, self);
      } else if (waker_[index(event.thread)] < self) {
        step.what.needs[2] = id_of(waker_[index(event.thread)]);
      }
      break;
    case EventKind::FutexSpurious:
    case EventKind::FutexWait:
    case EventKind::FutexMismatch:
      // With another value in the word it would have slept, or not.
      step.queue = event.address;
      break;
    case EventKind::BarrierLeave: {
      // The first arrival since its own that opened the barrier; it may have been its own.
      const std::vector<Use>& uses =
          uses_of({event.address, ObjectClass::Barrier, Access::Kind::Write, 0xff, false, 0});
      std::size_t opened = uses.size();
      for (std::size_t i = uses.size(); i-- > 0;) {
        if (uses[i].access.load != 0) opened = i;
        if (id_of(uses[i].step).thread == event.thread) break;
      }
      if (opened < uses.size() && uses[opened].step != self) {
        step.what.needs[2] = id_of(uses[opened].step);
      }
      break;
    }
    default: break;
  }
  if (step.is_conditional && step.bytes == 0 && event.size <= 8 &&
      (event.kind == EventKind::AtomicRmw || event.kind == EventKind::AtomicCompareFailed ||
       event.kind == EventKind::AtomicWeakFailed)) {
    step.bytes = event.size;
    step.expected = event.extra;
  }
  step.is_look = step.is_look && leaves_all_as_it_was(event);
  const std::size_t first = step.what.accesses.size();
  add_accesses(event, step.is_timed, step.what.accesses);
  for (std::size_t i = first; i < step.what.accesses.size(); ++i) {
    Access& access = step.what.accesses[i];
    // Marks the arrival that opens the barrier.
    if (event.kind == EventKind::BarrierArrive && event.value == 0) access.load = 1;
    if (access.object == ObjectClass::Semaphore) {
      settle_count(event, access);
      if (step.announced == EventKind::SemTryFailed) access.waits = false;
    }
    if (i == 0 && !step.fruitless.empty()) access.waits = true;
    uses_of(access).push_back({self, access});
  }
}

void History::on_wake(ThreadId sleeper, std::uint32_t step, bool is_new) {
  steps_[step].is_look = false;
  if (index(sleeper) >= waker_.size()) return;
  waker_[index(sleeper)] = step;
  const auto next = static_cast<std::uint32_t>(places_[index(sleeper)].size());
  if (is_new) add_wakeup({sleeper, next}, step);
}

// `step` is the one that woke the thread of `woken`, or that one itself.
void History::add_wakeup(const StepId& woken, std::uint32_t step) {
  const Access access{std::uint64_t{index(woken.thread)} << 32 | woken.number,
                      ObjectClass::Wakeup,
                      Access::Kind::Write,
                      0xff,
                      false,
                      0};
  steps_[step].what.accesses.push_back(access);
  uses_of(access).push_back({step, access});
}

void History::add_clock() {
  // A loop may sleep between its looks.
  Step& step = steps_[size_ - 1];
  if (step.announced != EventKind::Sleep) step.is_look = false;
  const Access access{0, ObjectClass::Clock, Access::Kind::Write, 0xff, false, 0};
  steps_[size_ - 1].what.accesses.push_back(access);
  uses_of(access).push_back({size() - 1, access});
}

// The load of a semaphore is its count, negative.
void History::settle_count(const Event& event, Access& access) {
  const std::int32_t before = -(static_cast<std::int32_t>(event.value) + access.load);
  if (uses_of(access).empty()) load_before(access) = before;
  std::int32_t expected = load_before(access);
  for (const Use& use : uses_of(access)) expected += use.access.load;
  access.load += before - expected;
}

std::vector<History::Use>& History::uses_of(const Access& access) {
  const auto [found, is_new] = objects_.try_emplace({access.address, access.object},
                                                    static_cast<std::uint32_t>(uses_.size()));
  if (is_new) {
    uses_.emplace_back();
    loads_before_.push_back(0);
  }
  return uses_[found->second];
}

void History::truncate(std::uint32_t size) {
  while (size_ > size) {
    Step& step = steps_[--size_];
    for (const Access& access : step.what.accesses) uses_of(access).pop_back();
    const std::size_t thread = index(step.what.id.thread);
    last_[thread] = step.before;
    places_[thread].pop_back();
  }
}

std::uint32_t History::place_of(const StepId& id) const {
  return places_[index(id.thread)][id.number];
}

void History::join(std::uint32_t step, Clock& clock) const {
  const Clock& other = clocks_[step];
  for (std::size_t i = 0; i < other.size(); ++i) clock[i] = std::max(clock[i], other[i]);
}

void History::find_races(std::uint32_t from, std::vector<Race>& out) {
  if (clocks_.size() < size_) clocks_.resize(size_);
  for (std::uint32_t i = from; i < size(); ++i) {
    find_races_of(i, steps_[i].what, steps_[i].before, out);
  }
}

void History::find_races(ThreadId thread, const Operation& announced, std::vector<Race>& out) {
  if (index(thread) >= last_.size()) return;
  blocked_ = {};
  blocked_.what.id = {thread, static_cast<std::uint32_t>(places_[index(thread)].size())};
  blocked_.announced = announced.kind;
  add_awaited(announced, blocked_.what.accesses);
  if (!blocked_.what.accesses.empty()) find_races_of_blocked(out);
}

void History::find_races(const Look& look, std::vector<Race>& out) {
  blocked_ = {};
  blocked_.what.id = {look.thread, static_cast<std::uint32_t>(places_[index(look.thread)].size())};
  blocked_.what.accesses.push_back(look.access);
  blocked_.what.accesses[0].waits = true;
  blocked_.fruitless = look.fruitless;
  find_races_of_blocked(out);
}

void History::find_races_of_blocked(std::vector<Race>& out) {
  if (clocks_.size() < size_ + 1) clocks_.resize(size_ + 1);
  find_races_of(size(), blocked_.what, last_[index(blocked_.what.id.thread)], out);
}

namespace {

// Everything dependent on `access` that comes before such a write comes before the write.
bool covers(const Access& write, const Access& access) {
  return write.kind == Access::Kind::Write && (write.bytes & access.bytes) == access.bytes;
}

}  // namespace

void History::find_races_of(std::uint32_t second, const SequenceStep& step, std::uint32_t before,
                            std::vector<Race>& out) {
  Clock& clock = clocks_[second];
  clock.assign(last_.size(), 0);
  if (before != kNone) join(before, clock);
  for (const StepId& need : step.needs) {
    if (need.thread != kNoThread) join(place_of(need), clock);
  }
  // What comes right before it because of what it did.
  causes_.clear();
  for (const Access& access : step.accesses) {
    const std::vector<Use>& uses = uses_of(access);
    for (std::size_t i = uses.size(); i-- > 0;) {
      if (uses[i].step >= second || !is_dependent(uses[i].access, access)) continue;
      causes_.push_back({uses[i].step, &access});
      if (covers(uses[i].access, access)) break;
    }
  }
  accepted_.clear();
  for (const Access& access : step.accesses) find_races_of(second, step, access, out);
  for (const Cause& cause : causes_) join(cause.step, clock);
  clock[index(step.id.thread)] = step.id.number + 1;
}

void History::find_races_of(std::uint32_t second, const SequenceStep& step, const Access& access,
                            std::vector<Race>& out) {
  const std::vector<Use>& uses = uses_of(access);
  for (std::size_t i = uses.size(); i-- > 0;) {
    const Use& use = uses[i];
    if (use.step >= second || !is_dependent(use.access, access)) continue;
    const bool has_between =
        is_before(use.step, clocks_[second]) ||
        std::any_of(accepted_.begin(), accepted_.end(),
                    [&](std::uint32_t other) { return is_before(use.step, clocks_[other]); }) ||
        std::any_of(causes_.begin(), causes_.end(), [&](const Cause& cause) {
          // What it waited for on the same object does not count: see below.
          return cause.step != use.step && !cause.access->is_of_same_object(access) &&
                 is_before(use.step, clocks_[cause.step]);
        });
    // What it waited for cannot come after it; but what was before that perhaps can.
    const bool accepted =
        !has_between &&
        std::all_of(step.accesses.begin(), step.accesses.end(), [&](const Access& each) {
          return !each.waits || could_go_on(each, use.step, second);
        });
    if (accepted) {
      accepted_.push_back(use.step);
      out.push_back({use.step, second});
    }
    if ((has_between || accepted) && covers(use.access, access)) return;
  }
}

// Would `access`, which was made by step `until`, have been let on without the step `without` and
// all that came after it because of it?
bool History::could_go_on(const Access& access, std::uint32_t without, std::uint32_t until) {
  if (access.object == ObjectClass::Memory) return !would_be_fruitless(access, without, until);
  std::int32_t load = load_before(access);
  for (const Use& use : uses_of(access)) {
    if (use.step >= until) break;
    if (use.step >= without && is_before(without, clocks_[use.step])) continue;
    load += use.access.load;
  }
  return is_open(access, load);
}

// Would it find what it waits for to change, before `without`? False if that is not known.
bool History::would_be_fruitless(const Access& access, std::uint32_t without,
                                 std::uint32_t until) const {
  const Step& first = steps_[without];
  if (first.address == 0 || first.what.accesses.size() != 1) return false;
  // Whoever else writes to these bytes does so before the first step, or behind it and because of
  // it.
  if (!covers(first.what.accesses[0], access)) return false;
  return is_among((until < size() ? steps_[until] : blocked_).fruitless, first.word);
}

// A reversed race may turn a failure into a success or the other way round. What the step will do
// must be known: were it taken for a write and then only read, threads that such a write would have
// woken would sleep on, though what others asked for was left to this step because it wakes them.
void History::foretell(const Race& race, const Step& second, SequenceStep& step) {
  switch (second.announced) {
    case EventKind::AtomicRmw:
      if (second.is_conditional) foretell_exchange(steps_[race.first], second, step);
      return;
    case EventKind::MutexLock:
    case EventKind::ReadLock:
    case EventKind::WriteLock:
    case EventKind::SemWait:
      if (second.is_timed) foretell_try(race, second.announced == EventKind::ReadLock, step);
      return;
    case EventKind::MutexTryLock:
    case EventKind::WriteTryLock:
    case EventKind::SemTryFailed: return foretell_try(race, false, step);
    case EventKind::ReadTryLock: return foretell_try(race, true, step);
    case EventKind::CondNotifyOne:
    case EventKind::CondNotifyAll:
    case EventKind::FutexWake:
    case EventKind::OnceBegin:
      // Not known. Then too many wake.
      step.is_guess = true;
      return widen(step.accesses);
    default: return;
  }
}

void History::foretell_exchange(const Step& first, const Step& second, SequenceStep& step) {
  const auto covers = [](const Access& outer, const Access& inner) {
    return outer.is_of_same_object(inner) && (inner.bytes & ~outer.bytes) == 0;
  };
  const bool is_known = second.bytes != 0 && first.address != 0 && step.accesses.size() == 1 &&
                        first.what.accesses.size() == 1 &&
                        covers(first.what.accesses[0], step.accesses[0]);
  bool succeeds = true;
  if (is_known) {
    // It finds what the first found: whoever else writes there comes after the first.
    const std::uint64_t found = first.word >> (8 * (second.address & 7));
    const std::uint64_t mask = second.bytes == 8 ? ~0ull : (1ull << (8 * second.bytes)) - 1;
    succeeds = ((found ^ second.expected) & mask) == 0;
  }
  step.is_guess = !is_known;
  for (Access& access : step.accesses) {
    access.kind = succeeds ? Access::Kind::Write : Access::Kind::Read;
  }
}

void History::foretell_try(const Race& race, bool is_shared, SequenceStep& step) {
  for (Access& access : step.accesses) {
    if (access.object != ObjectClass::Lock && access.object != ObjectClass::Semaphore) continue;
    access.kind = is_shared ? Access::Kind::Shared : Access::Kind::Write;
    if (!could_go_on(access, race.first, race.second)) access.kind = Access::Kind::Read;
  }
}

Sequence History::reversed(const Race& race) {
  Sequence sequence;
  for (std::uint32_t i = race.first + 1; i < size(); ++i) {
    if (!is_before(race.first, clocks_[i])) sequence.push_back(steps_[i].what);
  }
  const Step& second = race.second < size() ? steps_[race.second] : blocked_;
  sequence.push_back(second.what);
  sequence.back().values.clear();
  foretell(race, second, sequence.back());
  if (second.queue != 0) {
    sequence.back().is_guess = true;
    sequence.back().accesses.push_back(
        {second.queue, ObjectClass::Queue, Access::Kind::Shared, 0xff, false, 0});
  }
  return sequence;
}

}  // namespace raddle::scheduler
