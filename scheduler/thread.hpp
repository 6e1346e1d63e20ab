#pragma once

#include "scheduler/events/ids.hpp"
#include "scheduler/spin_watch.hpp"

#include <cstdint>
#include <vector>

namespace raddle::scheduler {

class Fiber;

// Called at the end of a thread, last registered first (thread_local destructors).
struct ExitHandler {
  void (*function)(void*);
  void* argument;
};

// A thread under test. What the hot path touches comes first.
struct Thread {
  ThreadId id{};
  std::uint64_t events = 0;      // so far, of this thread; places in a schedule are told by it
  std::uint64_t attention = 0;   // at this many events the slow path looks closer
  std::uint64_t step_base = 0;   // events + step_base = step of the whole execution, while it runs
  std::uint32_t stack_node = 0;  // calls open now; kept while a trace is recorded
  std::uint32_t run_length = 0;  // visible operations since another thread last ran

  SpinWatch spin;
  Fiber* fiber = nullptr;
  static constexpr std::uint32_t kNoSlot = 0xffffffff;
  std::uint32_t slot = kNoSlot;  // of the engine, in which that fiber is
  void* (*start)(void*) = nullptr;
  void* argument = nullptr;
  void* result = nullptr;
  std::uintptr_t frames_end = 0;  // of its own functions; above are those of the runtime
  ThreadId creator = kNoThread;
  bool has_ended = false;
  bool is_detached = false;
  bool is_joined = false;
  bool is_fiber_reused = false;     // another thread of this execution ran on the same stack before
  bool is_fiber_abandoned = false;  // a thread of an earlier execution was left in the middle there
  bool was_woken = false;           // CondWake, FutexWoken: a notify has chosen it
  bool is_cancel_pending = false;
  bool is_watched = false;   // whether it writes elsewhere than to its stack is to be noted
  bool has_written = false;  // it has
  std::uint16_t reads_ignored = 0, writes_ignored = 0;  // how deep: its plain accesses do not count
  std::uint16_t syncs_ignored = 0;                      // how deep: what it does orders nothing
  std::uint32_t hints_to_ignore = 0;  // Engine::yield: so often the thread goes on all the same
  std::uint64_t asleep_since = 0;     // order of going to sleep, for first-come wakeups
  std::uint32_t barrier_phase = 0;
  std::uint32_t spurious_wakeups = 0, weak_failures = 0;  // so far: see Limits
  std::uint64_t clock_reads = 0;  // in a row, without other visible operations
  std::uint64_t random_reads = 0;
  std::vector<ExitHandler> exit_handlers;

  // Fibers that the program itself runs on one thread, their carrier, in turns. The carrier is
  // one of them: it was there first. See scheduler/carrier.cpp.
  Thread* carrier = nullptr;   // null for a thread that carries nobody
  Thread* mounted = nullptr;   // of a carrier: who has it, or had it last
  bool is_free = false;        // of a carrier: nobody has it, and whoever is ready may be next
  bool is_unmounted = false;   // does not have its carrier
  bool is_ready = false;       // unmounted, and waits for nothing but the carrier
  bool is_stack_gone = false;  // of a fiber: has been given back
  bool has_intent = false;     // says itself what it waits for: see Engine::intend
  std::uintptr_t context = 0;  // the program's own object for the fiber
  std::uintptr_t stack_low = 0, stack_high = 0;  // of the fiber; 0 for a thread on its own stack

  char name[16] = {};
  bool ignores(bool is_write) const { return (is_write ? writes_ignored : reads_ignored) != 0; }
  bool is_fiber() const { return carrier != nullptr && carrier != this; }

  std::uint32_t created_at = 0;  // stack node and return address of the pthread_create call
  std::uintptr_t created_pc = 0;
};

// The thread under test that is running; null on every other thread and in the runtime's
// own code. Thread-local, and so right even when real threads of the program
// run beside an exploration.
extern constinit thread_local Thread* current_thread __attribute__((tls_model("initial-exec")));

// Marks a stretch in which the calling thread under test runs code of the
// runtime: intercepted calls go straight through.
class RuntimeScope {
 public:
  RuntimeScope() : thread_(current_thread) { current_thread = nullptr; }
  ~RuntimeScope() { current_thread = thread_; }
  RuntimeScope(const RuntimeScope&) = delete;
  RuntimeScope& operator=(const RuntimeScope&) = delete;

 private:
  Thread* thread_;
};

}  // namespace raddle::scheduler
