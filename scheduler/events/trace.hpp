// The full record of one execution, for reports. Exploration does not make
// one; the failing schedule is run again with a recorder on.
#pragma once

#include "scheduler/events/event.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace raddle::scheduler {

// A call stack as a node of a tree: this call, and the node of its caller.
// Node 0 is the empty stack.
struct StackNode {
  std::uint32_t parent{};
  std::uintptr_t call_pc{};  // return address in the caller
  std::uintptr_t frame{};    // canonical frame address of the function entered; 0 if unknown
};

struct TraceEvent {
  Event event;
  std::uint32_t stack{};  // calls that were open when it happened: a StackNode index
};

struct TraceThread {
  std::string name;  // pthread_setname_np, else empty
  ThreadId creator{kNoThread};
  std::uintptr_t stack_low{}, stack_high{};  // where its stack lies
  std::uint32_t created_at{};                // StackNode of the pthread_create call
  std::uintptr_t created_pc{};
  std::uint32_t last_stack{};    // calls open when the execution stopped
  std::uintptr_t last_pc{};      // return address of its last call into the runtime
  std::uint32_t thrown_stack{};  // calls open when it threw its last exception
  std::uintptr_t thrown_pc{};    // where; 0: it threw none
};

// A thread that could not go on when the execution stopped, and what it waited for.
struct Blocked {
  ThreadId thread{};
  EventKind waiting_for{};        // MutexLock, ReadLock, WriteLock, CondWake, ThreadJoin, SemWait,
                                  // BarrierLeave, OnceBegin, FutexWoken, Resume
  std::uintptr_t object{};        // address; 0 for a join
  std::uintptr_t mutex{};         // CondWake: the mutex to take again
  ThreadId target{kNoThread};     // ThreadJoin: whom it joins
  std::vector<ThreadId> holders;  // who could let it go on by releasing the object
  std::uintptr_t pc{};
  std::uint32_t stack{};
};

struct Trace {
  std::vector<TraceEvent> events;
  std::vector<StackNode> stacks;
  std::vector<TraceThread> threads;
  std::vector<Blocked> blocked;  // empty unless nothing could go on
  bool truncated{};              // longer than the recorder's buffer
};

}  // namespace raddle::scheduler
