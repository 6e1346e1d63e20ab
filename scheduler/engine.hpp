// Runs one execution of a body: threads under test as fibers, one at a time,
// the strategy choosing who is next. design.md, section 4, is its life.
#pragma once

#include "scheduler/events/effect.hpp"
#include "scheduler/events/observer.hpp"
#include "scheduler/events/trace.hpp"
#include "scheduler/fiber.hpp"
#include "scheduler/local_state.hpp"
#include "scheduler/objects/enabled.hpp"
#include "scheduler/objects/object.hpp"
#include "scheduler/operation.hpp"
#include "scheduler/schedule.hpp"
#include "scheduler/strategies/strategy.hpp"
#include "scheduler/thread.hpp"
#include "scheduler/thread_set.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace raddle::scheduler {

// Why an execution is over.
enum class End : std::uint8_t {
  Completed,  // every thread has ended
  Stuck,      // threads remain and none can go on: blocked() says why
  StepLimit,
  Stopped,  // stop() was called
  Pruned,   // the strategy had no use for the rest
  TooManyThreads,
};

// What the engine needs from the side that knows the user's code.
class Host {
 public:
  virtual ~Host() = default;
  // Runs the thread's function and its exit handlers, on its own fiber. Must
  // not let an exception out.
  virtual void run(Thread& thread) = 0;
  // For an address a name that depends on nothing but what the thread that it belongs to has
  // done, where addresses depend on the order in which threads allocate memory.
  virtual std::uintptr_t stable_name(std::uintptr_t address) { return address; }
  // The same for a word that may be an address on the heap, or anything else.
  virtual std::uint64_t stable_word(std::uint64_t word) { return word; }
};

struct Limits {
  std::uint64_t steps = 1'000'000;
  std::size_t stack_bytes = 256 * 1024;
  // Of each thread in one execution: how often what may happen for no reason may happen. By
  // thread, so that what one does takes nothing from another.
  std::uint32_t spurious_wakeups = 0;
  std::uint32_t weak_failures = 0;
};

// Where the deviations of the running execution are written. Memory of the
// caller, so that it can be seen from outside when the process dies.
struct ScheduleLog {
  Deviation* deviations = nullptr;
  std::uint32_t capacity = 0;
  std::uint32_t* count =
      nullptr;  // deviations written so far; more than capacity: the rest is lost
};

class Engine : private LocalState {
 public:
  Engine(Host& host, Observer& observer, Limits limits);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // One execution: `start(argument)` runs as thread 0. Returns when it is over.
  // `watch_accesses`: plain accesses take the slow path (recording, replay, all_accesses).
  End run(Strategy& strategy, void* (*start)(void*), void* argument, ScheduleLog log,
          bool watch_accesses);

  // --- Called by threads under test, through the interposers. ---

  // The model of a synchronisation object; fresh in each execution.
  Object& object(std::uintptr_t address, ObjectKind kind, bool& is_new) {
    return objects_.get(address, kind, is_new);
  }
  ObjectTable& objects() { return objects_; }

  // Announces an operation of `self` and returns when it has been chosen; then
  // it is enabled, or it is timed and has run out of time.
  void announce(Thread& self, const Operation& operation);

  // The same for an operation on an object.
  [[gnu::always_inline]] void announce(Thread& self, EventKind kind, Object& object,
                                       std::uintptr_t pc, std::uint64_t deadline = kNoDeadline) {
    if (++self.events >= self.attention) [[unlikely]]
      check_steps(self);
    Operation& operation = announced_[index(self.id)];
    operation = {kind, MemoryOrder{}, kNoThread, object.address, &object, nullptr, deadline, pc};
    if (may_block(kind)) {
      const bool enabled = scheduler::is_enabled(operation, self);
      const bool may_time_out = !enabled && deadline != kNoDeadline;
      enabled_.set(self.id, enabled || may_time_out);
      timed_.set(self.id, may_time_out);
      ++object.askers;
      reschedule(self);
      --object.askers;
    } else {
      timed_.remove(self.id);
      reschedule(self);
    }
  }

  // The same for an operation on memory, which is always enabled.
  [[gnu::always_inline]] void announce(Thread& self, EventKind kind, MemoryOrder order,
                                       std::uintptr_t address, std::uintptr_t pc,
                                       bool is_conditional = false) {
    if (++self.events >= self.attention) [[unlikely]]
      check_steps(self);
    Operation& operation = announced_[index(self.id)];
    operation = Operation{};
    operation.kind = kind;
    operation.order = order;
    operation.address = address;
    operation.pc = pc;
    operation.is_conditional = is_conditional;
    // Who runs was enabled when it was chosen, and has stayed so.
    timed_.remove(self.id);
    reschedule(self);
  }

  // A scheduling point before a plain access, unless the thread is to let others go first.
  void announce_access(Thread& self, EventKind kind, std::uintptr_t address, std::uintptr_t pc);

  // A scheduling point before something that is none for most strategies: for one that watches,
  // which must be able to put other steps before it, and where a replay has one.
  void announce_if_watched(Thread& self, EventKind kind, std::uintptr_t pc) {
    ++self.events;
    if (is_watched_ || strategy_->wants_point(self.id, self.events)) [[unlikely]]
      announce_access(self, kind, 0, pc);
  }

  // Tells the observer and everybody whom it concerns that an operation took effect.
  [[gnu::always_inline]] void took_effect(Thread& self, EventKind kind, std::uintptr_t address,
                                          std::uint64_t value, std::uint64_t extra,
                                          std::uintptr_t pc,
                                          MemoryOrder order = MemoryOrder::SeqCst,
                                          std::uint32_t size = 0) {
    hash_event(self, kind);
    // A read-modify-write that leaves the value as it was (a spin lock found taken) only reads.
    const bool writes = is_write(kind) && !(kind == EventKind::AtomicRmw && value == extra);
    if (writes) {
      self.spin.on_write();
      self.clock_reads = 0;
    }
    // Something happened: those who stepped aside may look again.
    if (any_yielded_) [[unlikely]]
      let_others_look_again(self, writes);
    if (++self.run_length >= kFairRun) [[unlikely]] {
      self.run_length = 0;
      step_aside(self, false);
    }
    const Event event{kind, order, self.id, size, step(self), address, value, extra, pc};
    if (is_watched_) [[unlikely]]
      tell_strategy(event);
    observer_.on_event(event);
  }
  // The same for what only the strategy is to know: a plain access that it was asked about.
  void tell_strategy(const Event& event);
  bool is_watched() const { return is_watched_; }

  // Is what `thread` has announced possible now, timeouts aside?
  bool is_enabled(const Thread& thread) const;
  // Marks a joined thread: its pthread_t and its fiber may be used again.
  void joined(Thread& thread) {
    thread.is_joined = true;
    release_fiber(thread);
  }
  // Looks again at every thread that has announced something about `object`.
  void refresh(const Object& object) {
    if (object.askers != 0) refresh_askers(object);
  }
  void refresh_joins(ThreadId ended);

  // Asks that others go first; `until_write`: until somebody has written. Mostly it is
  // done. But nobody may rely on it, and a thread that spins for a while and then gives
  // up must get there: now and then a thread goes on for a while without regard.
  void yield(Thread& self, bool until_write);

  // --- Fibers of the program's own, which take turns on one thread. ---

  // From here on `self` carries fibers; it is the first of them.
  void become_carrier(Thread& self, std::uintptr_t context);
  // A new fiber on the carrier of `self`, not ready yet.
  Thread& create_fiber(Thread& self, std::uintptr_t context);
  // What `self` will be said to wait for, should it lose its carrier in what it does next.
  void intend(Thread& self, const Operation& operation);
  // `self` loses its carrier and waits until it is made ready.
  void unmount(Thread& self);
  void make_ready(Thread& fiber);
  // Nobody has the carrier: one of those that are ready gets it, and is returned, after other
  // threads have run. It may be one that was only waiting for time to pass: then it is not ready.
  Thread& next_on(Thread& carrier);
  // `fiber` gets its carrier without a choice.
  void mount(Thread& fiber);
  void end_fiber(Thread& self);
  // The fiber of this execution that belongs to `context`, or null.
  Thread* find_fiber(std::uintptr_t context);

  // A choice among `count` that is not about threads.
  std::size_t choose_value(Thread& self, std::size_t count, EventKind kind,
                           bool is_spinning = false);

  // Does a wait return that nobody has ended, a weak compare-exchange fail that could succeed?
  // `kind` is the event that it would be. A choice, as long as there are any left.
  bool wakes_spuriously(Thread& self, EventKind kind) {
    return self.spurious_wakeups < limits_.spurious_wakeups &&
           happens_for_no_reason(self, kind, self.spurious_wakeups);
  }
  bool fails_weakly(Thread& self) {
    return self.weak_failures < limits_.weak_failures &&
           happens_for_no_reason(self, EventKind::AtomicWeakFailed, self.weak_failures);
  }
  bool has_weak_failures() const { return limits_.weak_failures != 0; }

  // A new thread, which has announced its start. Never returns null: too many end the execution.
  Thread& create_thread(Thread& self, void* (*start)(void*), void* argument);
  // The thread whose pthread_t this is, or null.
  Thread* find_thread(pthread_t handle);

  // Threads asleep on `object` that no notify has chosen yet, longest first.
  std::span<Thread* const> sleepers(const Object& object);
  void go_to_sleep(Thread& self) {
    self.was_woken = false;
    self.asleep_since = ++sleep_order_;
  }
  void wake(Thread& sleeper);

  // Ends the execution at once; does not return. Also from a signal handler on
  // a thread under test.
  [[noreturn]] void stop(End end = End::Stopped);

  // At every access when watched, else at Thread::attention: step limit, endless loops without
  // scheduling points, accesses at which the strategy wants a say.
  void look_closer(Thread& self, EventKind kind, std::uintptr_t address, std::uintptr_t pc);

  // Virtual time in nanoseconds since the execution began. Reading it takes a
  // little time itself, and more and more while a thread does nothing else.
  std::uint64_t read_clock(Thread& self);
  std::uint64_t now() const { return now_; }
  void advance_clock(std::uint64_t to) {
    if (to > now_) now_ = to;
  }

  // --- State, for whoever asks after or during an execution. ---
  bool is_running() const { return is_running_; }
  std::span<const std::unique_ptr<Thread>> threads() const {
    return {threads_.data(), thread_count_};
  }
  const Operation& announced(ThreadId id) const { return announced_[index(id)]; }
  std::vector<Blocked> blocked() const;
  std::uint64_t steps() const;
  std::uint64_t step(const Thread& running) const { return running.events + running.step_base; }
  // Changes as long as anything happens. May be read from another OS thread.
  std::uint64_t progress() const;
  std::uint64_t decisions() const { return decisions_; }
  // Scheduling points so far, those with nothing to decide among them.
  std::uint64_t points() const { return points_; }
  std::uint64_t preemptions() const { return preemptions_; }
  std::uint32_t event_hash() const { return event_hash_; }
  // The thread whose stack (or the page below it) holds `address`, or null.
  const Thread* owner_of_stack(std::uintptr_t address) const;

 private:
  // Visible operations without a switch, after which a thread lets others go first: it may
  // be polling under a lock. Keeps every strategy fair.
  static constexpr std::uint32_t kFairRun = 1000;

  // LocalState, of the thread that ran last.
  std::optional<Digest> digest() override;
  void watch_writes(bool is_on) override;
  bool has_written() override;
  std::uintptr_t name(std::uintptr_t address) override { return host_.stable_name(address); }

  bool happens_for_no_reason(Thread& self, EventKind kind, std::uint32_t& so_far);
  void refresh_askers(const Object& object);
  Thread& make_thread(Thread& self, void* (*start)(void*), void* argument);
  Thread& new_thread(Thread& self);
  void give_carrier(Thread& fiber);
  bool has_ready_sibling(const Thread& fiber) const;
  void reschedule_at_access(Thread& self, EventKind kind, std::uintptr_t address,
                            std::uintptr_t pc);
  void reschedule(Thread& self) {
    Thread& next = pick(self);
    if (&next != &self) switch_from(self, next);
  }
  void switch_from(Thread& self, Thread& next);
  Thread& pick(Thread& self);
  Thread& pick_after_yields(Thread& self);
  [[noreturn]] void stop_stuck(Thread& self);
  Thread& pick_from(const ThreadSet& eligible, Thread& self, bool may_stay);
  ThreadId preferred_other(const ThreadSet& eligible, ThreadId last) const;
  ThreadId preferred_by_time(const ThreadSet& eligible, std::size_t from) const;
  void resume(Thread& thread);
  void end_thread(Thread& self);
  void finish(End end);
  void record(bool deviates, const Thread& last, std::size_t choice, EventKind kind,
              const Object* object, bool is_value, std::size_t options);
  void set_enabled(const Thread& thread);
  void step_aside(const Thread& self, bool until_write);
  void check_steps(const Thread& self);
  void hash_event(const Thread& self, EventKind kind) {
    const auto event = static_cast<std::uint32_t>(kind) << 16 | static_cast<std::uint32_t>(self.id);
    event_hash_ = (event_hash_ ^ event) * 0x01000193u;  // FNV-1a, a word at a time
  }
  void let_others_look_again(const Thread& self, bool has_written);
  void release_fiber(const Thread& ended);
  void set_attention(Thread& thread) const;
  static void fiber_main(void* self);

  Host& host_;
  Observer& observer_;
  Limits limits_;
  Fiber main_;
  ObjectTable objects_;
  Strategy* strategy_ = nullptr;
  ScheduleLog log_;
  std::uint32_t unlogged_ = 0;  // counts where nobody wants a log
  bool is_running_ = false;
  bool watch_accesses_ = false;
  bool is_watched_ = false;  // by the strategy
  End end_ = End::Completed;

  // Threads of this execution, and for each its fiber and what it announced. Reused.
  std::vector<std::unique_ptr<Thread>> threads_;
  std::unique_ptr<Operation[]> announced_;
  std::size_t thread_count_ = 0, ended_count_ = 0;

  struct Slot {
    std::unique_ptr<Fiber> fiber;
    Engine* engine = nullptr;
    Thread* thread = nullptr;  // who runs on it in this execution
    bool is_dirty = false;     // was abandoned: start anew
  };
  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t slots_used_ = 0;
  std::vector<std::size_t> free_slots_;

  ThreadSet enabled_, yielded_, stuttering_, timed_;
  bool any_yielded_ = false;
  std::uint64_t steps_before_ = 0;  // when the running thread was last resumed
  std::uint64_t sleep_order_ = 0;
  std::uint64_t now_ = 0;
  std::uint64_t points_ = 0, decisions_ = 0, preemptions_ = 0;
  std::uint32_t event_hash_ = 0;
  std::uint64_t executions_ = 0;
  Thread* running_ = nullptr;
  Thread* last_ = nullptr;  // who ran last, while the strategy is asked
  std::vector<Thread*> sleepers_;
};

}  // namespace raddle::scheduler
