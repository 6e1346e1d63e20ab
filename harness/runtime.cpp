#include "harness/runtime.hpp"

#include "harness/crash_handler.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

namespace raddle::harness {

constinit Runtime* runtime = nullptr;
constinit interpose::Arena arena;
constinit thread_local bool is_on_virtual_clock __attribute__((tls_model("initial-exec"))) = false;

namespace {

using scheduler::End;
using scheduler::Event;
using scheduler::EventKind;
using scheduler::Thread;

// Fibers of one thread share its thread-local variables and cannot get at them at once.
bool is_of_one_thread(const Thread& a, const Thread& b, std::uintptr_t address) {
  if (a.carrier == nullptr || a.carrier != b.carrier) return false;
  return std::ranges::any_of(a.fiber->tls_images(), [&](const scheduler::TlsImage& image) {
    const auto low = reinterpret_cast<std::uintptr_t>(image.storage);
    return address >= low && address < low + image.bytes;
  });
}

// What an ended fiber did on its stack does not race with what is done there later, by
// whoever has that memory now. The arena hands out nothing twice: there it
// is a stack of its own, or a pool's.
bool was_on_stack_of(const Thread& ended, std::uintptr_t address) {
  constexpr std::uintptr_t kAboveContextMax = 4096;  // what it ran lies there
  if (!ended.is_stack_gone || address < ended.stack_low ||
      address >= ended.stack_high + kAboveContextMax) {
    return false;
  }
  const interpose::Block* block = arena.find(reinterpret_cast<const void*>(address));
  return block == nullptr || block->size() > 2 * (ended.stack_high - ended.stack_low);
}

void copy_text(char* to, std::size_t capacity, std::string_view text) {
  const std::size_t length = std::min(text.size(), capacity - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

FindingKind finding_kind(detectors::ProblemKind kind) {
  switch (kind) {
    case detectors::ProblemKind::DataRace: return FindingKind::DataRace;
    case detectors::ProblemKind::UseAfterFree: return FindingKind::UseAfterFree;
    case detectors::ProblemKind::DoubleFree: return FindingKind::DoubleFree;
    case detectors::ProblemKind::Deadlock: return FindingKind::Deadlock;
    case detectors::ProblemKind::LostWakeup: return FindingKind::LostWakeup;
    case detectors::ProblemKind::MutexMisuse: return FindingKind::MutexMisuse;
  }
  return FindingKind::Crash;
}

}  // namespace

Runtime::Runtime(const Options& options, VisiblePlaces& visible)
    : engine(*this, *this,
             {options.steps_max, options.stack_bytes, options.spurious_wakeups,
              options.weak_failures}),
      options_(options),
      visible_(visible) {
  races.set_enabled(options.on_race != OnRace::Ignore);
}

Runtime::~Runtime() = default;

End Runtime::run(const std::function<void()>& body, const ExecutionPlan& plan) {
  body_ = &body;
  recorder_ = plan.recorder;
  is_replay_ = plan.is_replay;
  has_failure_ = has_race_ = stop_at_next_event_ = false;
  is_sync_ignored_ = looks_closer_at_events_ = false;
  all_accesses_visible_ = options_.all_accesses && !is_replay_;
  some_accesses_visible_ = options_.on_race == OnRace::Explore && !is_replay_ && !visible_.empty();
  races.begin_execution();
  mute_benign_races(races);
  misuse_.begin_execution();
  arena.begin_execution();
  named_blocks_.clear();
  blocks_of_.clear();
  const bool watch =
      recorder_ != nullptr || is_replay_ || all_accesses_visible_ || some_accesses_visible_;
  const End end = engine.run(*plan.strategy, nullptr, nullptr, plan.log, watch);
  if (has_failure_) restore_signal_mask();
  if (recorder_ != nullptr) recorder_->finish(engine);
  if (!has_failure_) {
    if (end == End::Stuck) {
      // Classified from the trace, when there is one.
      note_failure(FindingKind::Deadlock, "");
      failure_.step = engine.steps();
    } else if (end == End::StepLimit) {
      note_failure(FindingKind::StepLimit, "");
      failure_.step = engine.steps();
    } else if (end == End::TooManyThreads) {
      note_failure(FindingKind::Crash, "more than " + std::to_string(scheduler::kThreadsMax) +
                                           " threads in one execution");
    }
  }
  reset_statics();
  arena.end_execution();
  recorder_ = nullptr;
  return end;
}

namespace {

// What the thread leaves unwritten of its stack is then the same in each execution.
[[gnu::noinline]] void clear_unused_stack() {
  constexpr std::size_t kBytes = 4096;
  char unused[kBytes];
  explicit_bzero(unused, kBytes);
}

}  // namespace

void Runtime::run(Thread& thread) {
  // On the thread's own fiber. `start` is null for the body.
  if (thread.is_fiber_reused) {
    // Another thread's variables lay here; they do not race with this one's.
    races.forget(thread.fiber->stack_low(), thread.fiber->stack_high() - thread.fiber->stack_low());
    for (const auto& image : thread.fiber->tls_images()) {
      races.forget(reinterpret_cast<std::uintptr_t>(image.storage), image.bytes);
    }
  }
  if (thread.is_fiber_abandoned) forget_key_values();
  if (recorder_ != nullptr && thread.start == nullptr) recorder_->on_thread_created(thread);
  errno = 0;
  if (engine.is_watched()) clear_unused_stack();
  asm volatile("mov %%rsp, %0" : "=r"(thread.frames_end));
  try {
    if (thread.start == nullptr) {
      (*body_)();
      run_static_destructors();
    } else {
      thread.result = thread.start(thread.argument);
    }
  } catch (const ThreadExit& exit) {
    thread.result = exit.result;
  } catch (const std::exception& exception) {
    fail(FindingKind::Exception, exception.what());
  } catch (...) {
    fail(FindingKind::Exception, "of a type not derived from std::exception");
  }
  try {
    while (!thread.exit_handlers.empty()) {
      const scheduler::ExitHandler handler = thread.exit_handlers.back();
      thread.exit_handlers.pop_back();
      handler.function(handler.argument);
    }
    run_key_destructors();
  } catch (...) {
    fail(FindingKind::Exception, "left the destructor of a thread-local variable");
  }
}

void Runtime::on_allocation(Thread& self, void* block, std::size_t size, std::uintptr_t pc) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  if (engine.is_watched() && arena.contains(block)) {
    const RuntimeScope scope;
    const std::size_t thread = index(self.id);
    if (thread >= blocks_of_.size()) blocks_of_.resize(thread + 1);
    named_blocks_.push_back({address, static_cast<std::uint32_t>(thread), blocks_of_[thread]++});
  }
  if (recorder_ != nullptr) note(self, EventKind::Allocate, address, size, pc);
}

// An object on the heap is known by its block, which is the so manieth of a thread; one on a
// stack or in thread-local storage by the thread. Names of blocks may collide when a thread has
// made more than 2^21 of them: then two objects are taken for one, which costs executions and
// misses none.
std::uintptr_t Runtime::stable_name(std::uintptr_t address) {
  constexpr std::uintptr_t kBlock = std::uintptr_t{1} << 63, kStack = std::uintptr_t{1} << 62;
  constexpr std::uint32_t kNumbers = 1u << 21;
  if (arena.contains(reinterpret_cast<const void*>(address))) {
    auto behind = std::upper_bound(
        named_blocks_.begin(), named_blocks_.end(), address,
        [](std::uintptr_t at, const NamedBlock& block) { return at < block.begin; });
    if (behind == named_blocks_.begin()) return address;  // of an earlier execution
    const NamedBlock& block = *--behind;
    return kBlock | std::uintptr_t{block.thread % 1024} << 53 |
           std::uintptr_t{block.number % kNumbers} << 32 | (address - block.begin);
  }
  if (const Thread* owner = engine.owner_of_stack(address)) {
    return kStack | index(owner->id) << 40 | (address - owner->fiber->stack_low());
  }
  // Where it lies differs between worker processes.
  for (std::size_t i = engine.threads().size(); i-- > 0;) {
    const Thread& owner = *engine.threads()[i];
    const std::span<const scheduler::TlsImage> images = owner.fiber->tls_images();
    for (std::size_t k = 0; k < images.size(); ++k) {
      const auto low = reinterpret_cast<std::uintptr_t>(images[k].storage);
      if (address >= low && address < low + images[k].bytes) {
        return kBlock | kStack | index(owner.id) << 48 | k << 32 | (address - low);
      }
    }
  }
  return address;
}

std::uint64_t Runtime::stable_word(std::uint64_t word) {
  return arena.contains(reinterpret_cast<const void*>(word)) ? stable_name(word) : word;
}

void Runtime::access(Thread& self, std::uintptr_t address, std::uint32_t size, bool is_write,
                     std::uintptr_t pc, bool changes) {
  if (++self.events >= self.attention) [[unlikely]] {
    access_watched(self, address, size, is_write, pc);
    if (self.ignores(is_write)) return;
  }
  const bool writes = is_write && changes;
  if (size <= 8) {
    const std::uint64_t bytes = (std::uint64_t{1} << size) - 1;
    if (writes ? races.write_at_once(self.id, address, bytes)
               : races.read_at_once(self.id, address, bytes)) {
      return;
    }
  }
  const bool is_fine = writes ? races.on_write(self.id, address, size, pc, engine.step(self))
                              : races.on_read(self.id, address, size, pc, engine.step(self));
  if (!is_fine) [[unlikely]]
    on_race(self);
}

void Runtime::access_watched(Thread& self, std::uintptr_t address, std::uint32_t size,
                             bool is_write, std::uintptr_t pc) {
  check_stop();
  const EventKind kind = is_write ? EventKind::Write : EventKind::Read;
  engine.look_closer(self, kind, address, pc);
  if (all_accesses_visible_ || (some_accesses_visible_ && visible_.contains(address, size))) {
    engine.announce_access(self, kind, address, pc);
    if (engine.is_watched()) {
      engine.tell_strategy({kind, {}, self.id, size, engine.step(self), address, 0, 0, pc});
    }
  }
  if (recorder_ != nullptr) {
    Event event;
    event.kind = kind;
    event.thread = self.id;
    event.size = size;
    event.step = engine.step(self);
    event.address = address;
    event.pc = pc;
    recorder_->on_event(event, self);
  }
}

void Runtime::on_event(const Event& event) {
  bool orders = true;
  if (looks_closer_at_events_) [[unlikely]] {
    check_stop();
    orders = !orders_nothing(event);
  }
  if (orders) races.on_event(event);
  misuse_.on_event(event);
  if (recorder_ != nullptr) [[unlikely]] {
    recorder_->on_event(event, *engine.threads()[index(event.thread)]);
  }
  if (races.problem() != nullptr || misuse_.problem() != nullptr) [[unlikely]] {
    if (races.problem() != nullptr) on_race(*engine.threads()[index(event.thread)]);
    if (misuse_.problem() != nullptr) on_problem(*misuse_.problem());
  }
}

void Runtime::note_untold_exchange(std::uintptr_t pc) {
  for (std::uintptr_t& known : untold_exchanges_) {
    if (known == pc) return;
    if (known != 0) continue;
    known = pc;
    return;
  }
}

void Runtime::note(Thread& self, EventKind kind, std::uintptr_t address, std::uint64_t extra,
                   std::uintptr_t pc, std::uint32_t size) {
  Event event;
  event.kind = kind;
  event.thread = self.id;
  event.size = size;
  event.step = engine.step(self);
  event.address = address;
  event.extra = extra;
  event.pc = pc;
  on_event(event);
}

// The detector has just found something. Under Explore a race is kept, its place
// becomes visible, and the execution goes on.
void Runtime::on_race(Thread& self) {
  const detectors::Problem problem = *races.problem();
  if (problem.kind == detectors::ProblemKind::DataRace) {
    const Thread& other = *engine.threads()[index(problem.other)];
    if (is_of_one_thread(self, other, problem.clash) || was_on_stack_of(other, problem.clash)) {
      races.clear_problem();
      return;
    }
  }
  if (problem.kind == detectors::ProblemKind::DataRace && options_.on_race == OnRace::Explore) {
    races.clear_problem();
    visible_.add(problem.address, visible_.round());
    if (!has_race_) {
      has_race_ = true;
      race_ = Failure{};
      race_.kind = FindingKind::DataRace;
      race_.thread = problem.thread;
      race_.step = problem.step;
      race_.pc = problem.pc;
      race_.has_problem = true;
      race_.problem = problem;
    }
    return;
  }
  on_problem(problem);
  // One more event of this thread, so that the report can tell what it wrote.
  self.attention = 0;
}

void Runtime::on_problem(const detectors::Problem& problem) {
  if (!has_failure_) {
    has_failure_ = true;
    failure_ = Failure{};
    failure_.kind = finding_kind(problem.kind);
    failure_.thread = problem.thread;
    failure_.step = problem.step;
    failure_.pc = problem.pc;
    failure_.has_problem = true;
    failure_.problem = problem;
  }
  if (stop_at_next_event_) engine.stop();
  stop_at_next_event_ = looks_closer_at_events_ = true;
}

void Runtime::check_stop() {
  if (stop_at_next_event_) [[unlikely]]
    engine.stop();
}

void Runtime::ignore_sync(Thread& self, bool begins) {
  if (begins) {
    ++self.syncs_ignored;
    is_sync_ignored_ = looks_closer_at_events_ = true;
  } else if (self.syncs_ignored != 0) {
    --self.syncs_ignored;
  }
}

// As ThreadSanitizer has it: no atomic, lock, annotation, creation or join of such a thread is
// seen.
bool Runtime::orders_nothing(const Event& event) {
  if (!is_sync_ignored_ || engine.threads()[index(event.thread)]->syncs_ignored == 0) return false;
  switch (event.kind) {
    case EventKind::Read:
    case EventKind::Write:
    case EventKind::Allocate:
    case EventKind::Free:
    case EventKind::ThreadStart:
    case EventKind::ThreadEnd: return false;
    case EventKind::ThreadCreate:
      races.create_unordered(scheduler::thread_id(event.value));
      return true;
    default: return true;
  }
}

void Runtime::note_failure(FindingKind kind, std::string_view message, std::uintptr_t pc,
                           const char* file, int line) {
  if (has_failure_) return;
  has_failure_ = true;
  failure_ = Failure{};
  failure_.kind = kind;
  failure_.pc = pc;
  failure_.line = line;
  copy_text(failure_.message, sizeof(failure_.message), message);
  if (file != nullptr) copy_text(failure_.file, sizeof(failure_.file), file);
  if (const Thread* self = scheduler::current_thread) {
    failure_.thread = self->id;
    failure_.step = engine.step(*self);
  }
}

void Runtime::fail(FindingKind kind, std::string_view message, std::uintptr_t pc, const char* file,
                   int line) {
  note_failure(kind, message, pc, file, line);
  scheduler::current_thread = nullptr;
  engine.stop();
}

void Runtime::fail_from_signal(const Failure& failure) {
  if (!has_failure_) {
    has_failure_ = true;
    failure_ = failure;
  }
  scheduler::current_thread = nullptr;
  engine.stop();
}

}  // namespace raddle::harness
