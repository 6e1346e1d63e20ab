#include "scheduler/engine.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace raddle::scheduler {

constinit thread_local Thread* current_thread __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

// Plain accesses without a scheduling point between them, after which a thread lets
// others go first: it may be polling a plain variable.
constexpr std::uint64_t kLongRun = 1 << 16;

// One in so many threads that yield or spin does not let others go first, and does
// not do so for that many times: libstdc++ goes round 16 times before it sleeps.
constexpr std::size_t kHintChoices = 4;
constexpr std::uint32_t kHintsIgnored = 32;

// What one reading of the clock takes, in virtual nanoseconds, and how far it doubles.
constexpr std::uint64_t kClockTick = 1000;
constexpr std::uint64_t kClockDoublingsMax = 14;

}  // namespace

Engine::Engine(Host& host, Observer& observer, Limits limits)
    : host_(host),
      observer_(observer),
      limits_(limits),
      announced_(std::make_unique<Operation[]>(kThreadsMax)) {
  limits_.stack_bytes = (limits.stack_bytes + 4095) / 4096 * 4096;
  threads_.reserve(kThreadsMax);
  slots_.reserve(kThreadsMax);
  free_slots_.reserve(kThreadsMax);
  sleepers_.reserve(kThreadsMax);
}

namespace {

// Fibers outlive engines: each holds a parked thread that cannot be given back. A
// forked process has copies of the storage but not of the threads; it starts with none.
struct IdleFibers {
  pid_t process = 0;
  std::vector<std::unique_ptr<Fiber>> fibers;
};
IdleFibers& idle_fibers() {
  static auto* idle = new IdleFibers;
  if (idle->process != getpid()) {
    for (auto& fiber : idle->fibers) fiber.release();
    idle->fibers.clear();
    idle->process = getpid();
  }
  return *idle;
}

std::unique_ptr<Fiber> take_fiber(std::size_t stack_bytes, Fiber::Entry entry, void* argument) {
  auto& idle = idle_fibers().fibers;
  for (auto fiber = idle.begin(); fiber != idle.end(); ++fiber) {
    if ((*fiber)->stack_bytes() != stack_bytes) continue;
    std::unique_ptr<Fiber> taken = std::move(*fiber);
    idle.erase(fiber);
    taken->restart(entry, argument);
    return taken;
  }
  return std::make_unique<Fiber>(stack_bytes, entry, argument);
}

}  // namespace

Engine::~Engine() {
  for (auto& slot : slots_) idle_fibers().fibers.push_back(std::move(slot->fiber));
}

End Engine::run(Strategy& strategy, void* (*start)(void*), void* argument, ScheduleLog log,
                bool watch_accesses) {
  strategy_ = &strategy;
  log_ = log.count != nullptr ? log : ScheduleLog{nullptr, 0, &unlogged_};
  *log_.count = 0;
  watch_accesses_ = watch_accesses;
  is_watched_ = strategy.watches();
  thread_count_ = ended_count_ = 0;
  slots_used_ = 0;
  free_slots_.clear();
  enabled_.reset(1);
  yielded_.reset(1);
  stuttering_.reset(1);
  timed_.reset(1);
  any_yielded_ = false;
  steps_before_ = sleep_order_ = now_ = points_ = decisions_ = preemptions_ = 0;
  event_hash_ = 0;
  ++executions_;
  objects_.begin_execution();

  Thread body;  // stands for whoever creates the first thread
  body.id = kNoThread;
  Thread& first = create_thread(body, start, argument);
  is_running_ = true;
  resume(first);
  running_ = &first;
  Fiber::switch_to(main_, *first.fiber);
  is_running_ = false;

  // Threads that ended well wait where they can be used again; after anything else it is
  // simpler to start all of them anew.
  if (end_ != End::Completed) {
    for (std::size_t i = 0; i < slots_used_; ++i) slots_[i]->is_dirty = true;
  }
  return end_;
}

Thread& Engine::create_thread(Thread& self, void* (*start)(void*), void* argument) {
  // What is allocated here outlives the execution: it must not come from the
  // heap of the threads under test.
  const RuntimeScope scope;
  return make_thread(self, start, argument);
}

// Everything but where it runs.
Thread& Engine::new_thread(Thread& self) {
  if (thread_count_ == kThreadsMax) stop(End::TooManyThreads);
  if (thread_count_ == threads_.size()) threads_.push_back(std::make_unique<Thread>());
  Thread& thread = *threads_[thread_count_];
  const ThreadId id = thread_id(thread_count_++);
  thread.id = id;
  thread.events = 0;
  thread.step_base = 0;
  thread.stack_node = 0;
  thread.run_length = 0;
  thread.spin = SpinWatch{};
  thread.start = nullptr;
  thread.argument = nullptr;
  thread.fiber = nullptr;
  thread.slot = Thread::kNoSlot;
  thread.result = nullptr;
  thread.creator = self.id;
  thread.has_ended = thread.is_detached = thread.is_joined = thread.was_woken = false;
  thread.frames_end = 0;
  thread.is_cancel_pending = thread.is_watched = thread.has_written = false;
  thread.hints_to_ignore = 0;
  thread.spurious_wakeups = thread.weak_failures = 0;
  thread.reads_ignored = thread.writes_ignored = thread.syncs_ignored = 0;
  thread.clock_reads = thread.random_reads = 0;
  thread.exit_handlers.clear();
  thread.name[0] = '\0';
  thread.carrier = thread.mounted = nullptr;
  thread.is_free = thread.is_unmounted = thread.is_ready = thread.has_intent = false;
  thread.is_stack_gone = false;
  thread.context = thread.stack_low = thread.stack_high = 0;

  enabled_.grow(thread_count_);
  yielded_.grow(thread_count_);
  stuttering_.grow(thread_count_);
  timed_.grow(thread_count_);
  Operation& operation = announced_[index(id)];
  operation = Operation{};
  operation.kind = EventKind::ThreadStart;
  operation.target = self.id;
  return thread;
}

Thread& Engine::make_thread(Thread& self, void* (*start)(void*), void* argument) {
  Thread& thread = new_thread(self);
  thread.start = start;
  thread.argument = argument;

  // Slots are taken in the same order in every execution, so that stacks and
  // thread-local storage lie at the same addresses.
  std::size_t slot_index;
  thread.is_fiber_reused = !free_slots_.empty();
  if (!free_slots_.empty()) {
    slot_index = free_slots_.back();
    free_slots_.pop_back();
  } else {
    slot_index = slots_used_++;
    if (slot_index == slots_.size()) {
      auto slot = std::make_unique<Slot>();
      slot->engine = this;
      slot->fiber = take_fiber(limits_.stack_bytes, &Engine::fiber_main, slot.get());
      slots_.push_back(std::move(slot));
    }
  }
  Slot& slot = *slots_[slot_index];
  thread.is_fiber_abandoned = slot.is_dirty;
  if (slot.is_dirty) {
    slot.fiber->restart();
    slot.is_dirty = false;
  }
  slot.thread = &thread;
  thread.slot = static_cast<std::uint32_t>(slot_index);
  thread.fiber = slot.fiber.get();
  enabled_.add(thread.id);
  return thread;
}

void Engine::fiber_main(void* argument) {
  auto& slot = *static_cast<Slot*>(argument);
  Engine& engine = *slot.engine;
  for (;;) {
    Thread& thread = *slot.thread;
    slot.fiber->reset_tls();
    current_thread = &thread;
    ++thread.events;
    engine.took_effect(thread, EventKind::ThreadStart, 0, index(thread.creator), 0, 0);
    engine.host_.run(thread);
    current_thread = nullptr;
    engine.end_thread(thread);  // comes back when the fiber is used again
  }
}

void Engine::end_thread(Thread& self) {
  ++self.events;
  took_effect(self, EventKind::ThreadEnd, 0, 0, 0, 0);
  self.has_ended = true;
  announced_[index(self.id)].kind = EventKind::ThreadEnd;
  enabled_.remove(self.id);
  timed_.remove(self.id);
  yielded_.remove(self.id);
  stuttering_.remove(self.id);
  refresh_joins(self.id);
  if (++ended_count_ == thread_count_) {
    finish(End::Completed);
    return;
  }
  if (self.is_detached) release_fiber(self);
  Thread& next = pick(self);
  steps_before_ = step(self);
  running_ = &next;
  resume(next);
  Fiber::switch_to(*self.fiber, *next.fiber);
}

void Engine::finish(End end) {
  end_ = end;
  steps_before_ = step(*running_);
  Fiber& from = *running_->fiber;
  Fiber::switch_to(from, main_);
}

void Engine::stop(End end) {
  finish(end);
  __builtin_unreachable();
}

void Engine::set_attention(Thread& thread) const {
  if (watch_accesses_ || thread.is_watched || thread.ignores(false) || thread.ignores(true)) {
    thread.attention = 0;
    return;
  }
  const std::uint64_t next_long_run = (thread.events / kLongRun + 1) * kLongRun;
  const std::uint64_t at_limit =
      limits_.steps > thread.step_base ? limits_.steps - thread.step_base : 0;
  thread.attention = std::min(next_long_run, at_limit);
}

void Engine::resume(Thread& thread) {
  thread.step_base = steps_before_ - thread.events;
  thread.run_length = 0;
  set_attention(thread);
}

void Engine::announce(Thread& self, const Operation& operation) {
  if (++self.events >= self.attention) [[unlikely]]
    check_steps(self);
  announced_[index(self.id)] = operation;
  if (operation.object != nullptr) ++operation.object->askers;
  if (operation.mutex != nullptr) ++operation.mutex->askers;
  set_enabled(self);
  reschedule(self);
  if (operation.object != nullptr) --operation.object->askers;
  if (operation.mutex != nullptr) --operation.mutex->askers;
}

void Engine::announce_access(Thread& self, EventKind kind, std::uintptr_t address,
                             std::uintptr_t pc) {
  // One that lets others go first does so at its next visible operation. Here it would go
  // without a choice, of which nothing is recorded; and a replay, which has no
  // scheduling points at accesses but the recorded ones, would let it stay.
  if (any_yielded_ && (yielded_.contains(self.id) || stuttering_.contains(self.id))) return;
  reschedule_at_access(self, kind, address, pc);
}

void Engine::reschedule_at_access(Thread& self, EventKind kind, std::uintptr_t address,
                                  std::uintptr_t pc) {
  Operation& operation = announced_[index(self.id)];
  operation = Operation{};
  operation.kind = kind;
  operation.address = address;
  operation.pc = pc;
  enabled_.add(self.id);
  timed_.remove(self.id);
  reschedule(self);
}

void Engine::look_closer(Thread& self, EventKind kind, std::uintptr_t address, std::uintptr_t pc) {
  if (step(self) >= limits_.steps) stop(End::StepLimit);
  if (self.is_watched && kind == EventKind::Write && owner_of_stack(address) != &self) {
    self.has_written = true;
  }
  // Decided by the thread's own count alone, so that it falls on the same event whether or
  // not the execution is being watched.
  if (self.events % kLongRun == 0) {
    yielded_.add(self.id);
    any_yielded_ = true;
    strategy_->on_yield(self.id, enabled_.count() < 2);
    reschedule_at_access(self, kind, address, pc);
  } else if (watch_accesses_ && strategy_->wants_point(self.id, self.events)) {
    announce_access(self, kind, address, pc);
  }
  set_attention(self);
}

void Engine::switch_from(Thread& self, Thread& next) {
  steps_before_ = step(self);
  running_ = &next;
  resume(next);
  Fiber::switch_to(*self.fiber, *next.fiber);
}

// Who goes on. `self` ran last, and has announced its next operation or ended.
Thread& Engine::pick(Thread& self) {
  ++points_;
  return any_yielded_ ? pick_after_yields(self) : pick_from(enabled_, self, true);
}

Thread& Engine::pick_after_yields(Thread& self) {
  ThreadSet eligible = enabled_;
  const bool may_stay = !yielded_.contains(self.id) && !stuttering_.contains(self.id);
  eligible.subtract(yielded_);
  eligible.subtract(stuttering_);
  if (eligible.empty()) {
    // Everybody waits for everybody: all may go on, the longest-waiting first.
    eligible = enabled_;
    yielded_.reset(thread_count_);
    stuttering_.reset(thread_count_);
    any_yielded_ = false;
  }
  return pick_from(eligible, self, may_stay);
}

Thread& Engine::pick_from(const ThreadSet& eligible, Thread& self, bool may_stay) {
  const std::size_t count = eligible.count();
  if (count == 0) [[unlikely]]
    stop_stuck(self);
  ThreadId chosen;
  // A forced move is not a choice. Recording it would lengthen every replay and
  // give a search a branch that is not there.
  if (count == 1 && !is_watched_) {
    chosen = eligible.first();
  } else {
    decisions_ += count > 1 ? 1 : 0;
    const bool is_current = !self.has_ended && may_stay && eligible.contains(self.id);
    const ThreadId by_default =
        is_current && !timed_.contains(self.id) ? self.id : preferred_other(eligible, self.id);
    const std::span<const Operation> announced{announced_.get(), thread_count_};
    last_ = &self;
    chosen = strategy_->choose_thread({eligible, count, is_current ? self.id : kNoThread,
                                       by_default, announced, self.id, self.events, this});
    if (chosen == kNoThread) [[unlikely]]
      stop(End::Pruned);
    const Operation& operation = announced_[index(chosen)];
    record(chosen != by_default, self, index(chosen), operation.kind, operation.object, false,
           count);
    preemptions_ += is_current && chosen != self.id ? 1 : 0;
  }
  Thread& next = *threads_[index(chosen)];
  if (timed_.contains(chosen)) [[unlikely]] {
    // Chosen although it only waits for time to pass: time passes.
    timed_.remove(chosen);
    if (!is_enabled(next)) {
      advance_clock(announced_[index(chosen)].deadline);
      if (is_watched_) strategy_->on_clock();
    }
  }
  if (next.is_unmounted) [[unlikely]]
    give_carrier(next);
  return next;
}

std::optional<Digest> Engine::digest() {
  const Operation& operation = announced_[index(last_->id)];
  return digest_of_local_state(operation.pc, last_->frames_end, host_);
}

void Engine::watch_writes(bool is_on) {
  last_->is_watched = is_on;
  set_attention(*last_);
}

bool Engine::has_written() { return std::exchange(last_->has_written, false); }

// Nobody can go on.
void Engine::stop_stuck(Thread& self) {
  if (is_watched_) {
    const RuntimeScope scope;
    std::vector<Operation> announced(announced_.get(), announced_.get() + thread_count_);
    for (Operation& operation : announced) operation.address = host_.stable_name(operation.address);
    strategy_->choose_thread({enabled_, 0, kNoThread, kNoThread, announced, self.id, self.events});
  }
  stop(End::Stuck);
}

void Engine::tell_strategy(const Event& event) {
  Event named = event;
  named.address = host_.stable_name(event.address);
  const bool has_mutex = event.kind == EventKind::CondWait || event.kind == EventKind::CondWake ||
                         event.kind == EventKind::CondTimeout ||
                         event.kind == EventKind::CondSpurious;
  if (has_mutex) named.extra = host_.stable_name(event.extra);
  strategy_->on_event(named);
}

// What goes on by default, if not the thread that ran `last`: the next that needs no time to
// pass, else the one whose time is up first.
inline ThreadId Engine::preferred_other(const ThreadSet& eligible, ThreadId last) const {
  const std::size_t from = (index(last) + 1) % kThreadsMax;
  return timed_.empty() ? eligible.next_cyclic(from) : preferred_by_time(eligible, from);
}

ThreadId Engine::preferred_by_time(const ThreadSet& eligible, std::size_t from) const {
  ThreadSet at_once = eligible;
  at_once.subtract(timed_);
  if (!at_once.empty()) return at_once.next_cyclic(from);
  ThreadId earliest = kNoThread;
  eligible.for_each([&](ThreadId id) {
    if (earliest == kNoThread ||
        announced_[index(id)].deadline < announced_[index(earliest)].deadline) {
      earliest = id;
    }
  });
  return earliest;
}

// Whether a choice deviates from the default is random: what it was is written in any case and
// kept if it does, for a branch would be foretold wrongly.
inline void Engine::record(bool deviates, const Thread& last, std::size_t choice, EventKind kind,
                           const Object* object, bool is_value, std::size_t options) {
  if (*log_.count < log_.capacity) [[likely]] {
    Deviation& deviation = log_.deviations[*log_.count];
    deviation.step = last.events;
    deviation.thread = last.id;
    deviation.choice = static_cast<std::uint16_t>(choice);
    deviation.is_value = is_value;
    deviation.kind = kind;
    deviation.object = object != nullptr ? object->ordinal : std::uint16_t{0};
    deviation.options = static_cast<std::uint16_t>(options);
  }
  *log_.count += deviates ? 1 : 0;
}

std::size_t Engine::choose_value(Thread& self, std::size_t count, EventKind kind,
                                 bool is_spinning) {
  if (count < 2) return 0;
  ++decisions_;
  const std::size_t value =
      strategy_->choose_value({count, kind, self.id, self.events, is_spinning});
  record(value != 0, self, value, kind, nullptr, true, count);
  return value;
}

bool Engine::happens_for_no_reason(Thread& self, EventKind kind, std::uint32_t& so_far) {
  const bool happens = choose_value(self, 2, kind) == 1;
  so_far += happens ? 1 : 0;
  return happens;
}

bool Engine::is_enabled(const Thread& thread) const {
  if (thread.is_unmounted) [[unlikely]]
    return thread.is_ready;
  const Operation& operation = announced_[index(thread.id)];
  if (operation.kind == EventKind::ThreadJoin) {
    return threads_[index(operation.target)]->has_ended;
  }
  return scheduler::is_enabled(operation, thread);
}

void Engine::set_enabled(const Thread& thread) {
  const Operation& operation = announced_[index(thread.id)];
  const bool has_turn = !thread.is_unmounted || thread.carrier->is_free;
  // Mostly random, and so without branches.
  const bool enabled = has_turn & is_enabled(thread);
  // A timed wait that has to take its mutex again must find it free, timed out or not.
  const bool may_time_out = !enabled && operation.is_timed() && has_turn &&
                            (operation.mutex == nullptr || operation.mutex->owner == kNoThread);
  enabled_.set(thread.id, enabled || may_time_out);
  timed_.set(thread.id, may_time_out);
}

void Engine::refresh_askers(const Object& object) {
  for (std::size_t i = 0; i < thread_count_; ++i) {
    const Operation& operation = announced_[i];
    if (operation.object != &object && operation.mutex != &object) continue;
    const Thread& thread = *threads_[i];
    if (!thread.has_ended && &thread != running_) set_enabled(thread);
  }
}

void Engine::refresh_joins(ThreadId ended) {
  for (std::size_t i = 0; i < thread_count_; ++i) {
    if (announced_[i].kind == EventKind::ThreadJoin && announced_[i].target == ended &&
        !threads_[i]->has_ended) {
      enabled_.add(thread_id(i));
    }
  }
}

void Engine::check_steps(const Thread& self) {
  if (step(self) >= limits_.steps) stop(End::StepLimit);
}

void Engine::let_others_look_again(const Thread& self, bool has_written) {
  const bool self_yielded = yielded_.contains(self.id);
  yielded_.reset(thread_count_);
  if (self_yielded) yielded_.add(self.id);
  if (has_written) stuttering_.reset(thread_count_);
  any_yielded_ = self_yielded || !stuttering_.empty();
}

void Engine::yield(Thread& self, bool until_write) {
  ThreadSet others = enabled_;
  others.remove(self.id);
  if (!others.empty() || has_ready_sibling(self)) {
    if (self.hints_to_ignore != 0) {
      --self.hints_to_ignore;
      return;
    }
    if (choose_value(self, kHintChoices, EventKind::Yield, until_write) == kHintChoices - 1) {
      self.hints_to_ignore = kHintsIgnored;
      return;
    }
  }
  step_aside(self, until_write);
}

void Engine::step_aside(const Thread& self, bool until_write) {
  (until_write ? stuttering_ : yielded_).add(self.id);
  any_yielded_ = true;
  strategy_->on_yield(self.id, enabled_.count() < 2);
}

void Engine::release_fiber(const Thread& ended) {
  if (ended.slot == Thread::kNoSlot) return;  // it ran on another thread's
  Slot& slot = *slots_[ended.slot];
  if (slot.thread != &ended) return;  // it has been given back already
  slot.thread = nullptr;
  free_slots_.push_back(ended.slot);
}

Thread* Engine::find_thread(pthread_t handle) {
  // Newest first: a handle is used again once its thread was joined.
  for (std::size_t i = thread_count_; i-- > 0;) {
    if (!threads_[i]->is_fiber() && pthread_equal(threads_[i]->fiber->handle(), handle))
      return threads_[i].get();
  }
  return nullptr;
}

std::span<Thread* const> Engine::sleepers(const Object& object) {
  sleepers_.clear();
  for (std::size_t i = 0; i < thread_count_; ++i) {
    const Operation& operation = announced_[i];
    if (operation.object == &object && !threads_[i]->was_woken && !threads_[i]->has_ended &&
        threads_[i].get() != running_ &&
        (operation.kind == EventKind::CondWake || operation.kind == EventKind::FutexWoken)) {
      sleepers_.push_back(threads_[i].get());
    }
  }
  std::sort(sleepers_.begin(), sleepers_.end(),
            [](const Thread* a, const Thread* b) { return a->asleep_since < b->asleep_since; });
  return sleepers_;
}

void Engine::wake(Thread& sleeper) {
  sleeper.was_woken = true;
  if (is_watched_) [[unlikely]]
    strategy_->on_wake(sleeper.id);
  set_enabled(sleeper);
}

std::uint64_t Engine::read_clock(Thread& self) {
  announce_if_watched(self, EventKind::Yield, 0);
  // A loop that does nothing but look at the clock must reach its deadline soon.
  const std::uint64_t doublings = std::min(self.clock_reads++ / 8, kClockDoublingsMax);
  now_ += kClockTick << doublings;
  if (is_watched_) strategy_->on_clock();
  return now_;
}

std::uint64_t Engine::steps() const {
  return is_running_ && running_ != nullptr ? step(*running_) : steps_before_;
}

std::vector<Blocked> Engine::blocked() const {
  std::vector<Blocked> result;
  for (std::size_t i = 0; i < thread_count_; ++i) {
    const Thread& thread = *threads_[i];
    const Operation& operation = announced_[i];
    if (thread.has_ended || enabled_.contains(thread.id)) continue;
    Blocked blocked;
    blocked.thread = thread.id;
    blocked.waiting_for = operation.kind;
    blocked.object = operation.address;
    blocked.mutex = operation.mutex != nullptr ? operation.mutex->address : 0;
    blocked.target = operation.kind == EventKind::ThreadJoin ? operation.target : kNoThread;
    blocked.pc = operation.pc;
    blocked.stack = thread.stack_node;
    if (thread.is_unmounted && thread.is_ready) {
      // It could go on, if the fiber that has the carrier were not stuck with it.
      blocked = {thread.id,    EventKind::Resume, 0, 0, kNoThread, {thread.carrier->mounted->id},
                 operation.pc, thread.stack_node};
      result.push_back(std::move(blocked));
      continue;
    }
    if (operation.object != nullptr) blocked.holders = holders(*operation.object);
    // Notified, and now it waits for the mutex like anybody else.
    if (operation.kind == EventKind::CondWake && thread.was_woken && operation.mutex != nullptr) {
      blocked.waiting_for = EventKind::MutexLock;
      blocked.object = blocked.mutex;
      blocked.holders = holders(*operation.mutex);
    }
    result.push_back(std::move(blocked));
  }
  return result;
}

std::uint64_t Engine::progress() const {
  // Two machine words that only the explorer writes: at worst the sum is stale.
  Thread* const* running = &running_;
  const Thread* thread = __atomic_load_n(running, __ATOMIC_RELAXED);
  const std::uint64_t events =
      thread != nullptr ? __atomic_load_n(&thread->events, __ATOMIC_RELAXED) : 0;
  return __atomic_load_n(&executions_, __ATOMIC_RELAXED) * 0x9E3779B97F4A7C15ull + events +
         reinterpret_cast<std::uintptr_t>(thread);
}

const Thread* Engine::owner_of_stack(std::uintptr_t address) const {
  // Newest first: a stack is used again once its thread was joined.
  for (std::size_t i = thread_count_; i-- > 0;) {
    const Fiber& fiber = *threads_[i]->fiber;
    if ((address >= fiber.stack_low() && address < fiber.stack_high()) || fiber.in_guard(address)) {
      return threads_[i].get();
    }
  }
  return nullptr;
}

}  // namespace raddle::scheduler
