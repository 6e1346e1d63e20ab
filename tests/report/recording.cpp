#include "tests/report/recording.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>

namespace raddle::report::testing {
namespace {

using scheduler::EventKind;
using scheduler::ThreadId;
using scheduler::Trace;

Trace* current = nullptr;
std::size_t thread = 0;
std::map<std::size_t, std::uint32_t> nodes;  // open calls, by thread

std::uintptr_t number(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

void add(EventKind kind, const void* object, std::size_t size, std::uint64_t value,
         std::uint64_t extra, void* pc) {
  scheduler::TraceEvent entry;
  entry.event.kind = kind;
  entry.event.thread = scheduler::thread_id(thread);
  entry.event.size = static_cast<std::uint32_t>(size);
  entry.event.step = current->events.size();
  entry.event.address = number(object);
  entry.event.value = value;
  entry.event.extra = extra;
  entry.event.pc = number(pc);
  entry.stack = nodes[thread];
  current->events.push_back(entry);
}

}  // namespace

void access(EventKind kind, const void* object, std::size_t size, void* pc) {
  if (current == nullptr) return;
  std::uint64_t value = 0;
  if (size <= 8) std::memcpy(&value, object, size);
  add(kind, object, size, value, 0, pc);
}

void enter(void* call_pc, std::uintptr_t frame) {
  if (current == nullptr) return;
  current->stacks.push_back({nodes[thread], number(call_pc), frame});
  nodes[thread] = static_cast<std::uint32_t>(current->stacks.size() - 1);
}

void leave() {
  if (current == nullptr) return;
  nodes[thread] = current->stacks[nodes[thread]].parent;
}

Trace record(const std::function<void()>& body) {
  Trace trace;
  trace.stacks.resize(1);
  trace.threads.resize(1);
  const auto here = number(__builtin_frame_address(0));
  trace.threads[0].stack_low = here - (1 << 20);
  trace.threads[0].stack_high = here;
  nodes.clear();
  thread = 0;
  current = &trace;
  body();
  current = nullptr;
  // Written values are those of the end: a program that writes once is enough here.
  return trace;
}

[[gnu::noinline]] void run_as(std::size_t other, const std::function<void()>& body) {
  if (current->threads.size() <= other) current->threads.resize(other + 1);
  scheduler::TraceThread& entry = current->threads[other];
  entry.creator = scheduler::thread_id(thread);
  entry.created_at = nodes[thread];
  entry.created_pc = number(__builtin_return_address(0));
  entry.stack_high = number(__builtin_frame_address(0));
  entry.stack_low = entry.stack_high - (1 << 16);
  add(EventKind::ThreadCreate, nullptr, 0, other, 0, __builtin_return_address(0));
  const std::size_t before = thread;
  thread = other;
  body();
  thread = before;
}

[[gnu::noinline]] void operation(EventKind kind, const void* object, std::uint64_t value,
                                 std::uint64_t extra) {
  add(kind, object, 0, value, extra, __builtin_return_address(0));
}

std::size_t last_of(const Trace& trace, EventKind kind) {
  const ThreadId last = scheduler::thread_id(trace.threads.size() - 1);
  for (std::size_t i = trace.events.size(); i-- > 0;) {
    if (trace.events[i].event.kind == kind && trace.events[i].event.thread == last) return i;
  }
  throw std::logic_error("no such event was recorded");
}

}  // namespace raddle::report::testing

// What the compilers call.
#define ABI extern "C" [[gnu::noinline]]
namespace rt = raddle::report::testing;
using raddle::scheduler::EventKind;

// The frame pointer of the function that called us lies where ours points.
ABI void __tsan_func_entry(void* call_pc) {
  rt::enter(call_pc, *static_cast<std::uintptr_t*>(__builtin_frame_address(0)) + 16);
}
ABI void __tsan_func_exit() { rt::leave(); }
ABI void __tsan_init() {}
ABI void __tsan_vptr_update(void**, void*) {}
ABI void __tsan_vptr_read(void**) {}

#define ACCESSES(size)                                                        \
  ABI void __tsan_read##size(void* address) {                                 \
    rt::access(EventKind::Read, address, size, __builtin_return_address(0));  \
  }                                                                           \
  ABI void __tsan_write##size(void* address) {                                \
    rt::access(EventKind::Write, address, size, __builtin_return_address(0)); \
  }                                                                           \
  ABI void __tsan_unaligned_read##size(void* address) {                       \
    rt::access(EventKind::Read, address, size, __builtin_return_address(0));  \
  }                                                                           \
  ABI void __tsan_unaligned_write##size(void* address) {                      \
    rt::access(EventKind::Write, address, size, __builtin_return_address(0)); \
  }                                                                           \
  ABI void __tsan_read_write##size(void* address) {                           \
    rt::access(EventKind::Write, address, size, __builtin_return_address(0)); \
  }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

ABI void __tsan_read_range(void* address, unsigned long size) {
  rt::access(EventKind::Read, address, size, __builtin_return_address(0));
}
ABI void __tsan_write_range(void* address, unsigned long size) {
  rt::access(EventKind::Write, address, size, __builtin_return_address(0));
}
ABI void* __tsan_memcpy(void* to, const void* from, unsigned long size) {
  return std::memcpy(to, from, size);
}
ABI void* __tsan_memset(void* to, int value, unsigned long size) {
  return std::memset(to, value, size);
}
ABI int __tsan_atomic32_fetch_add(volatile int* at, int value, int) {
  return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
}
ABI int __tsan_atomic32_load(const volatile int* at, int) { return *at; }
ABI void __tsan_atomic32_store(volatile int* at, int value, int) { *at = value; }
