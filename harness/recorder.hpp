// Records one execution in full, for its report.
#pragma once

#include "scheduler/engine.hpp"
#include "scheduler/events/trace.hpp"

#include <cstdint>

namespace raddle::harness {

// The memory that a recorder writes: shared between the process that runs the
// execution and the one that reports it, so that it outlives a crash.
class TraceBuffer {
 public:
  static constexpr std::uint32_t kEventsMax = 1 << 20;
  static constexpr std::uint32_t kStacksMax = 1 << 21;

  TraceBuffer();  // throws std::system_error
  ~TraceBuffer();
  TraceBuffer(const TraceBuffer&) = delete;
  TraceBuffer& operator=(const TraceBuffer&) = delete;

  void clear();

  // What was recorded, as far as it got.
  scheduler::Trace trace() const;

 private:
  friend class Recorder;
  struct ThreadRecord {
    char name[16];
    scheduler::ThreadId creator;
    std::uintptr_t stack_low, stack_high;
    std::uint32_t created_at;
    std::uintptr_t created_pc;
    std::uint32_t last_stack;
    std::uintptr_t last_pc;
    std::uint32_t thrown_stack;
    std::uintptr_t thrown_pc;
  };
  struct BlockedRecord {
    scheduler::ThreadId thread, target;
    scheduler::EventKind waiting_for;
    std::uintptr_t object, mutex, pc;
    std::uint32_t stack;
    std::uint32_t holder_count;
    scheduler::ThreadId holders[64];
  };
  struct Layout {
    std::uint32_t event_count, stack_count, thread_count, blocked_count;
    bool truncated;
    ThreadRecord threads[scheduler::kThreadsMax];
    BlockedRecord blocked[scheduler::kThreadsMax];
    scheduler::StackNode stacks[kStacksMax];
    scheduler::TraceEvent events[kEventsMax];
  };
  Layout* layout_;
};

class Recorder {
 public:
  explicit Recorder(TraceBuffer& buffer);

  void on_event(const scheduler::Event& event, scheduler::Thread& thread);
  void on_thread_created(const scheduler::Thread& thread);
  // An exception is on its way: by the time it leaves the thread its stack is gone.
  void on_throw(const scheduler::Thread& thread, std::uintptr_t pc);
  void enter(scheduler::Thread& thread, std::uintptr_t call_pc, std::uintptr_t frame);
  void leave(scheduler::Thread& thread);
  // The thread has left every call below the one whose canonical frame address is `frame`.
  void return_to(scheduler::Thread& thread, std::uintptr_t frame);
  // The execution is over: fills in what is only known now.
  void finish(const scheduler::Engine& engine);

 private:
  void settle(scheduler::ThreadId thread);

  TraceBuffer::Layout& out_;
  // By thread: the index of its last write plus one, whose value is not known
  // until the thread has gone on.
  std::uint32_t unsettled_[scheduler::kThreadsMax] = {};
};

}  // namespace raddle::harness
