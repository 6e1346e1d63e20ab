#include "scheduler/strategies/exhaustive/exhaustive.hpp"

#include "scheduler/thread.hpp"

#include <algorithm>
#include <utility>

namespace raddle::scheduler {
namespace {

constexpr std::string_view kFibers = "which fiber of a thread is next was not searched";
constexpr std::string_view kNotModelled =
    "a thread could not go on where the search expected it to";
constexpr std::string_view kSleeps =
    "a loop that sleeps was taken to wait, though the test heeds the time";
constexpr std::string_view kNotTheSame = "the test did not do the same under the same schedule";

// Steps of one round of a loop.
constexpr std::uint32_t kLapMax = 64;

std::uint64_t mask_of(std::uint8_t bytes) {
  std::uint64_t mask = 0;
  for (int i = 0; i < 8; ++i) {
    if ((bytes >> i & 1) != 0) mask |= std::uint64_t{0xff} << (8 * i);
  }
  return mask;
}

// Of a look: what it found, and is that still there?
Content content_seen(const History::Step& look) {
  const bool is_memory = look.what.accesses[0].object == ObjectClass::Memory;
  return {is_memory ? mask_of(look.what.accesses[0].bytes) : 1, look.word};
}
bool holds_what_was_seen(const History::Step& look) {
  return content_seen(look).is_in(content_of(look.operation));
}

std::uint8_t bytes_of(std::uint64_t mask) {
  std::uint8_t bytes = 0;
  for (int i = 0; i < 8; ++i) {
    if ((mask >> (8 * i) & 1) != 0) bytes = static_cast<std::uint8_t>(bytes | 1 << i);
  }
  return bytes;
}

}  // namespace

Exhaustive::Exhaustive(std::uint64_t steps_max)
    : steps_max_(steps_max),
      stopped_("threads were stopped after " + std::to_string(steps_max) +
               " steps of their own: complete up to so many") {}

void Exhaustive::begin(std::uint64_t) {
  depth_ = 0;
  steps_ = 0;
  values_in_step_ = 0;
  was_pruned_ = is_in_vain_ = is_blocked_ = false;
  followed_ = size_;
  stuck_.clear();
  looks_.clear();
  spins_.clear();
  is_watched_.clear();
}

Exhaustive::Node& Exhaustive::push() {
  if (size_ == nodes_.size()) nodes_.emplace_back();
  Node& node = nodes_[size_++];
  depth_ = size_;
  node.forget_step();
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
    // What the step did wakes it, or what those took it to do who asked for it. If what comes of
    // it is elsewhere, nothing relies on the latter.
    const bool is_guess = before.branch != nullptr && before.branch->step.is_guess;
    if (sleeper.thread == before.chosen ||
        is_dependent(sleeper.accesses, history_[steps_ - 1].what.accesses) ||
        (is_guess && !sleeper.is_elsewhere &&
         is_dependent(sleeper.accesses, before.branch->step.accesses))) {
      continue;
    }
    node.asleep.push_back(sleeper);
  }
}

// Was the thread in this state since it last did anything but look? And would the rounds of a
// loop that leads back there be those of a thread that waits: does it look at one place only, at
// `address`, or has nothing changed where it looked? (One that was disturbed tries again.)
bool Exhaustive::comes_round(ThreadId thread, const Digest& state, std::uintptr_t address) const {
  bool is_one_place = true, is_unchanged = true;
  for (std::uint32_t k = history_.last_of(thread);; k = history_[k].before) {
    const Node& node = node_of(k);
    if (node.arrival && *node.arrival == state) return is_one_place || is_unchanged;
    if (k == History::kNone) return false;
    const History::Step& step = history_[k];
    if (node.has_written || !step.is_look || !step.what.values.empty()) return false;
    if (step.operation.kind != step.announced) continue;  // it only lay between
    is_one_place = is_one_place && step.operation.address == address;
    is_unchanged = is_unchanged && holds_what_was_seen(step);
  }
}

// What the thread would look at in vain, were it let on now.
std::vector<Content> Exhaustive::fruitless_of(ThreadId thread, std::uintptr_t address) const {
  const Node& node = node_of(history_.last_of(thread));
  std::vector<Content> contents = node.fruitless;
  if (node.arrival) {
    for (const Awaits::Outcome& outcome : awaits_.of(*node.arrival)) {
      if (comes_round(thread, outcome.state, address)) contents.push_back(outcome.content);
    }
  }
  return contents;
}

bool Exhaustive::waits(ThreadId thread, const Operation& operation) {
  if (!may_look(operation)) return false;
  const std::vector<Content> fruitless = fruitless_of(thread, operation.address);
  if (fruitless.empty() || !is_among(fruitless, content_of(operation))) return false;
  awaits_.note_vain(operation.pc);
  return true;
}

// The thread that ran last has announced an operation. False: what it did before turned out to be
// in vain, and the execution is to be run again without that.
bool Exhaustive::arrive(const SchedulingPoint& point) {
  Node& node = node_of(steps_ == 0 ? History::kNone : steps_ - 1);
  const Operation& operation = point.announced[index(point.last)];
  if (node.chosen != point.last) return true;
  if (index(point.last) >= is_watched_.size()) is_watched_.resize(index(point.last) + 1);
  std::uint8_t& is_watched = is_watched_[index(point.last)];
  if (is_watched != 0) node.has_written = point.local->has_written();
  if (may_look(operation)) {
    if (awaits_.wants_state(operation.pc)) {
      // Bytes of the stack that nothing is kept in differ from one execution to the next.
      node.arrival = point.local->digest();
      if (is_watched == 0) {
        is_watched = 1;
        point.local->has_written();
        point.local->watch_writes(true);
      }
    }
    if (depth_ == size_ && steps_ > 0) find_lap(operation);
    return !is_to_run_again_;
  }
  const bool is_neutral = operation.kind == EventKind::Yield ||
                          operation.kind == EventKind::Fence || operation.kind == EventKind::Sleep;
  if (is_watched != 0 && !is_neutral) {
    is_watched = 0;
    point.local->watch_writes(false);
  }
  return true;
}

// Has the thread come round to where it was, in the same state, and has only looked on the way?
void Exhaustive::find_lap(const Operation& operation) {
  const Node& arrived = nodes_[node_of_step_[steps_ - 1]];
  std::uint32_t last_look = History::kNone, unknown = History::kNone;
  bool is_one_place = true, is_unchanged = true, has_slept = false;
  std::uint32_t k = steps_ - 1;
  for (std::uint32_t i = 0; i < kLapMax && k != History::kNone; ++i, k = history_[k].before) {
    const History::Step& step = history_[k];
    if (!step.is_look || !step.what.values.empty() || nodes_[node_of_step_[k]].has_written ||
        step.what.accesses.size() > 1) {
      return;
    }
    if (step.operation.kind != step.announced) {  // it only lay between
      has_slept |= step.announced == EventKind::Sleep;
      continue;
    }
    if (last_look == History::kNone) last_look = k;
    // See comes_round.
    is_one_place = is_one_place && step.operation.address == operation.address;
    is_unchanged = is_unchanged && holds_what_was_seen(step);
    if (!is_one_place && !is_unchanged) return;
    if (step.operation.pc != operation.pc || step.announced != operation.kind ||
        step.operation.address != operation.address) {
      continue;
    }
    const Node& before = node_of(step.before);
    if (!before.arrival || !arrived.arrival) {
      // Once may be chance.
      if (unknown == History::kNone) {
        unknown = k;
        continue;
      }
      if (awaits_.add_repeated(operation.pc) && can_drop_from(k)) run_again_from(k);
      return;
    }
    if (*before.arrival == *arrived.arrival) {
      sleeps_in_vain_ |= has_slept;
      look_in_vain(last_look, *arrived.arrival);
      return;
    }
  }
}

// The step led its thread to `state`, in which it has been before.
void Exhaustive::look_in_vain(std::uint32_t look, const Digest& state) {
  const History::Step& step = history_[look];
  const Content content = content_seen(step);
  Node& before = node_of(step.before);
  awaits_.note_vain(step.operation.pc);
  awaits_.add_repeated(step.operation.pc);
  if (before.arrival) awaits_.add(*before.arrival, {content, state});
  if (!can_drop_from(look)) return;
  before.fruitless.push_back(content);
  Node& node = nodes_[node_of_step_[look]];
  history_.truncate(std::max(look, known_));
  drop_branch(node, step.operation.address);
  run_again_from(look);
}

// Is the step among those that are not as they were, and would nothing be lost that was asked for?
bool Exhaustive::can_drop_from(std::uint32_t step) const {
  const std::size_t first = node_of_step_[step];
  if (first + 1 < followed_) return false;
  for (std::size_t i = first + 1; i < size_; ++i) {
    if (nodes_[i].branch != nullptr || !nodes_[i].pending.empty()) return false;
  }
  return true;
}

// It was asked for that the thread looks here, which would be in vain. But before what was written
// there earlier it may not be.
void Exhaustive::reverse_look(const WakeupTree::Branch& branch, std::uintptr_t address) {
  races_.clear();
  history_.find_races(known_, races_);  // for their clocks
  const ThreadId thread = branch.step.id.thread;
  if (fruitless_of(thread, address).empty()) return;
  for (const Access& access : branch.step.accesses) {
    if (access.object != ObjectClass::Memory && access.object != ObjectClass::Lock) continue;
    races_.clear();
    history_.find_races({thread, access, fruitless_of(thread, address)}, races_);
    for (const History::Race& race : races_) reverse(race);
  }
}

// The chosen one looks in vain: another is to be chosen.
void Exhaustive::drop_branch(Node& node, std::uintptr_t address) {
  if (node.branch != nullptr) reverse_look(*node.branch, address);
  node.branch = nullptr;
  node.chosen = kNoThread;
}

// Nobody can go on but threads that would look in vain. If they do so for ever, the step limit will
// find that. But one that looks at several places may find another one changed, now that it has
// waited for this one; then what was to be seen here is seen in other executions.
void Exhaustive::note_lookers(const SchedulingPoint& point) {
  point.eligible.for_each([&](ThreadId thread) {
    const Operation& operation = point.announced[index(thread)];
    const std::vector<Content> fruitless = fruitless_of(thread, operation.address);
    const auto content = std::find_if(fruitless.begin(), fruitless.end(), [&](const Content& each) {
      return each.is_in(content_of(operation));
    });
    if (content == fruitless.end()) return;
    const std::uintptr_t name = point.local->name(operation.address);
    if (operation.object != nullptr) {
      looks_.push_back(
          {thread, {name, ObjectClass::Lock, Access::Kind::Write, 0xff, true, 1}, fruitless});
      return;
    }
    const Access access{
        name & ~std::uintptr_t{7},
        ObjectClass::Memory,
        operation.kind == EventKind::AtomicLoad ? Access::Kind::Read : Access::Kind::Write,
        bytes_of(content->mask),
        true,
        0};
    looks_.push_back({thread, access, fruitless});
  });
}

// Nobody can go on but threads that have taken all the steps they may. With these steps it is an
// execution like any other.
ThreadId Exhaustive::stop(const SchedulingPoint& point) {
  for (std::size_t i = 0; i < point.announced.size(); ++i) {
    if (point.eligible.contains(thread_id(i))) continue;
    stuck_.push_back({thread_id(i), point.announced[i]});
    Operation& operation = stuck_.back().operation;
    operation.address = point.local->name(operation.address);
  }
  left_out_ = stopped_;
  return kNoThread;
}

void Exhaustive::run_again_from(std::uint32_t step) {
  size_ = node_of_step_[step] + 1;
  is_to_run_again_ = true;
}

// Whom to let on where nothing has been chosen yet.
ThreadId Exhaustive::choose(Node& node, const SchedulingPoint& point, const ThreadSet& ready) {
  while (!node.pending.empty()) {
    auto branch = node.pending.take_first();
    const ThreadId thread = branch->step.id.thread;
    if (!point.eligible.contains(thread)) {
      if (left_out_.empty()) left_out_ = kNotModelled;
      continue;
    }
    if (is_asleep(node, thread)) continue;
    if (!ready.contains(thread)) {
      reverse_look(*branch, point.announced[index(thread)].address);
      continue;
    }
    node.branch = std::move(branch);
    return thread;
  }
  if (ready.contains(point.preferred) && !is_asleep(node, point.preferred)) return point.preferred;
  for (std::size_t i = 0, count = ready.count(); i < count; ++i) {
    if (!is_asleep(node, ready.nth(i))) return ready.nth(i);
  }
  return kNoThread;
}

// A sleeper of which not everything is known elsewhere is like a thread that waits: for somebody to
// wake it, without whom it does not go on here. The rest of the execution is elsewhere, but what
// raced until now has to be reversed here.
void Exhaustive::block(const Node& node, const SchedulingPoint& point) {
  is_blocked_ = std::any_of(node.asleep.begin(), node.asleep.end(),
                            [](const Sleeper& sleeper) { return sleeper.is_elsewhere; });
  if (!is_blocked_) return;
  for (std::size_t i = 0; i < point.announced.size(); ++i) {
    if (is_asleep(node, thread_id(i))) continue;
    stuck_.push_back({thread_id(i), point.announced[i]});
    Operation& operation = stuck_.back().operation;
    operation.address = point.local->name(operation.address);
  }
}

bool Exhaustive::covers(const Sleeper& sleeper, const Sequence& sequence) {
  std::size_t place = 0;
  return is_weak_initial(sleeper.thread, sleeper.accesses, sequence, place) &&
         (!sleeper.is_elsewhere || place < sequence.size());
}

ThreadId Exhaustive::choose_thread(const SchedulingPoint& point) {
  const RuntimeScope scope;
  if (is_in_vain_) return was_pruned_ || point.count == 0 ? kNoThread : point.preferred;
  finish_step();
  if (point.count == 0) {
    for (std::size_t i = 0; i < point.announced.size(); ++i) {
      stuck_.push_back({thread_id(i), point.announced[i]});
    }
    return kNoThread;
  }
  values_in_step_ = 0;
  if (!arrive(point)) {
    was_pruned_ = true;
    return kNoThread;
  }
  Node* node = nullptr;
  if (depth_ < size_) {
    node = &nodes_[depth_++];
    if (node->is_value || (node->chosen != kNoThread && !point.eligible.contains(node->chosen))) {
      // A thread that spins may have been made to wait where it is to go on.
      if (left_out_.empty()) left_out_ = kNotTheSame;
      was_pruned_ = true;
      return kNoThread;
    }
  } else {
    node = &push();
    node->is_value = false;
    node->chosen = kNoThread;
    node->step = steps_;
    inherit_sleepers(*node);
    node->branch = nullptr;
    if (steps_ > 0) {
      Node& before = nodes_[node_of_step_[steps_ - 1]];
      if (before.branch != nullptr) {
        node->pending.replace(before.branch->take(history_[steps_ - 1].what.values));
      }
    }
  }
  // One that has just been turned to may be known to look in vain by now.
  if (node->chosen != kNoThread && depth_ == size_ && depth_ == followed_ && awaits_.knows_any() &&
      waits(node->chosen, point.announced[index(node->chosen)])) {
    drop_branch(*node, point.announced[index(node->chosen)].address);
  }
  if (node->chosen == kNoThread) {
    ThreadSet ready = point.eligible;
    node->ready.clear();
    bool has_stopped = false;
    if (awaits_.knows_any() || steps_ >= steps_max_) {
      point.eligible.for_each([&](ThreadId thread) {
        const bool stops = history_.steps_of(thread) >= steps_max_;
        has_stopped |= stops;
        if (stops || waits(thread, point.announced[index(thread)])) {
          ready.remove(thread);
        } else {
          node->ready.push_back(thread);
        }
      });
    }
    node->chosen = choose(*node, point, ready);
    if (node->chosen == kNoThread) {
      if (ready.empty()) {
        note_lookers(point);
        if (has_stopped) return stop(point);
        is_in_vain_ = true;
        return point.preferred;
      }
      block(*node, point);
      was_pruned_ = true;
      return kNoThread;
    }
  }
  if (point.announced[index(node->chosen)].kind == EventKind::Resume) left_out_ = kFibers;
  if (steps_ >= known_) {
    std::vector<Content> fruitless;
    if (awaits_.knows_any())
      fruitless = fruitless_of(node->chosen, point.announced[index(node->chosen)].address);
    history_.begin_step(node->chosen, point.announced[index(node->chosen)]);
    if (!fruitless.empty()) history_.set_fruitless(std::move(fruitless));
    node_of_step_.resize(steps_);
    node_of_step_.push_back(static_cast<std::uint32_t>(depth_ - 1));
  } else {
    history_.renew_step(steps_, point.announced[index(node->chosen)]);
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
  if (is_in_vain_) return 0;
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
    node->count = node->until = choice.count;
    node->from = node->first = 0;
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
  // It has slept, as far as it knows: what comes now is another loop.
  if (event.kind == EventKind::FutexSpurious && index(event.thread) < spins_.size()) {
    spins_[index(event.thread)] = 0;
  }
  // One of them has seen something else.
  if (is_in_vain_ && !leaves_all_as_it_was(event)) was_pruned_ = true;
  if (steps_ <= known_ || is_in_vain_) return;
  const RuntimeScope scope;
  history_.add(event);
}

void Exhaustive::on_clock() {
  if (steps_ <= known_ || is_in_vain_) return;
  const RuntimeScope scope;
  heeds_time_ |= history_[steps_ - 1].announced != EventKind::Sleep;
  history_.add_clock();
}

void Exhaustive::on_wake(ThreadId sleeper) {
  if (steps_ == 0 || is_in_vain_) return;
  const RuntimeScope scope;
  history_.on_wake(sleeper, steps_ - 1, steps_ > known_);
}

void Exhaustive::on_yield(ThreadId, bool is_alone) {
  if (!is_alone && !is_in_vain_) left_out_ = "threads that spin were taken to wait for a write";
}

void Exhaustive::reverse(const History::Race& race) {
  const std::uint32_t at = node_of_step_[race.first];
  Node& node = nodes_[at];
  Sequence sequence = history_.reversed(race);
  for (const Sleeper& sleeper : node.asleep) {
    if (covers(sleeper, sequence)) return;
  }
  if (at < floor_) {
    reversals_.push_back({at, std::move(sequence)});
  } else {
    node.pending.insert(std::move(sequence));
  }
}

bool Exhaustive::next() {
  if (is_to_run_again_) {
    is_to_run_again_ = false;
    history_.truncate(known_);
    Node& node = nodes_[size_ - 1];
    node.forget_step();
    // Nobody may be left there.
    return node.chosen != kNoThread || node.ready.empty() || !node.pending.empty() ||
           std::any_of(node.ready.begin(), node.ready.end(),
                       [&](ThreadId thread) { return !is_asleep(node, thread); }) ||
           turn_back();
  }
  finish_step();
  if (depth_ < size_) {
    left_out_ = kNotTheSame;
    return false;
  }
  races_.clear();
  history_.find_races(known_, races_);
  std::erase_if(races_, [&](const History::Race& race) { return race.second < fresh_; });
  fresh_ = 0;
  settle();
  if (!was_pruned_ || is_in_vain_ || is_blocked_) {
    for (const History::Race& race : races_) reverse(race);
    for (const Waiting& waiting : stuck_) {
      races_.clear();
      history_.find_races(waiting.thread, waiting.operation, races_);
      for (const History::Race& race : races_) reverse(race);
    }
    for (const History::Look& look : looks_) {
      races_.clear();
      history_.find_races(look, races_);
      for (const History::Race& race : races_) reverse(race);
    }
  }
  return turn_back();
}

std::string_view Exhaustive::left_out() const {
  return left_out_.empty() && sleeps_in_vain_ && heeds_time_ ? kSleeps : left_out_;
}

// To the deepest choice where something is left. False if there is none.
bool Exhaustive::turn_back() {
  for (; size_ > floor_; --size_) {
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
  for (std::size_t i = floor_; i < size_; ++i) {
    const Node& node = nodes_[i];
    const std::size_t done = node.is_value ? node.explored - node.from : node.done;
    const std::size_t all =
        node.is_value ? node.until - node.from : node.done + 1 + node.pending.size();
    rest /= static_cast<double>(all);
    share += rest * static_cast<double>(done);
  }
  return size_ == floor_ ? 1 : share;
}

// To what is to be explored next at the node. False if that is nothing.
bool Exhaustive::turn(Node& node) {
  if (node.is_value) return ++node.explored < node.until;
  // Whom it was in vain to let on has not been explored.
  if (node.chosen != kNoThread) node.asleep.push_back({node.chosen, std::move(node.did), false});
  node.forget_step();
  ++node.done;
  return take_pending(node);
}

bool Exhaustive::take_pending(Node& node) {
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
