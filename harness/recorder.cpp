#include "harness/recorder.hpp"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace raddle::harness {

using scheduler::EventKind;
using scheduler::index;

namespace {

// Whether a word can be read. The kernel fetches the signal set before it finds fault with
// `how`; Abseil's AddressIsReadable rests on the same.
bool is_word_readable(std::uintptr_t address) {
  constexpr long kNoSuchHow = -1;
  const std::uintptr_t word = address & ~std::uintptr_t{7};
  if (word == 0) return false;  // to the kernel, no set at all
  return syscall(SYS_rt_sigprocmask, kNoSuchHow, word, nullptr, 8) == 0 || errno != EFAULT;
}

// The bytes of an access of at most 8, or 0 where the program is about to crash, or
// has crashed: that must remain its own doing.
std::uint64_t bytes_at(std::uintptr_t address, std::uint32_t size) {
  std::uint64_t value = 0;
  const int saved = errno;
  if (is_word_readable(address) && is_word_readable(address + size - 1)) {
    std::memcpy(&value, reinterpret_cast<const void*>(address), size);
  }
  errno = saved;
  return value;
}

}  // namespace

TraceBuffer::TraceBuffer() {
  void* memory = mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "no memory to record an execution");
  }
  layout_ = static_cast<Layout*>(memory);
  clear();
}

TraceBuffer::~TraceBuffer() { munmap(layout_, sizeof(Layout)); }

void TraceBuffer::clear() {
  layout_->event_count = layout_->thread_count = layout_->blocked_count = 0;
  layout_->stack_count = 1;  // node 0 is the empty stack
  layout_->truncated = false;
}

scheduler::Trace TraceBuffer::trace() const {
  const Layout& in = *layout_;
  scheduler::Trace trace;
  trace.events.assign(in.events, in.events + in.event_count);
  trace.stacks.assign(in.stacks, in.stacks + in.stack_count);
  trace.truncated = in.truncated;
  for (std::uint32_t i = 0; i < in.thread_count; ++i) {
    const ThreadRecord& record = in.threads[i];
    trace.threads.push_back({record.name, record.creator, record.stack_low, record.stack_high,
                             record.created_at, record.created_pc, record.last_stack,
                             record.last_pc, record.thrown_stack, record.thrown_pc});
  }
  for (std::uint32_t i = 0; i < in.blocked_count; ++i) {
    const BlockedRecord& record = in.blocked[i];
    trace.blocked.push_back({record.thread,
                             record.waiting_for,
                             record.object,
                             record.mutex,
                             record.target,
                             {record.holders, record.holders + record.holder_count},
                             record.pc,
                             record.stack});
  }
  return trace;
}

Recorder::Recorder(TraceBuffer& buffer) : out_(*buffer.layout_) { buffer.clear(); }

void Recorder::settle(scheduler::ThreadId thread) {
  std::uint32_t& pending = unsettled_[index(thread)];
  if (pending == 0) return;
  scheduler::Event& event = out_.events[pending - 1].event;
  event.value = bytes_at(event.address, event.size);
  pending = 0;
}

void Recorder::on_event(const scheduler::Event& event, scheduler::Thread& thread) {
  settle(event.thread);
  if (out_.event_count == TraceBuffer::kEventsMax) {
    out_.truncated = true;
    return;
  }
  scheduler::TraceEvent& slot = out_.events[out_.event_count++];
  slot.event = event;
  slot.stack = thread.stack_node;
  if (event.size > 8) return;
  if (event.kind == EventKind::Read) {
    slot.event.value = bytes_at(event.address, event.size);
  } else if (event.kind == EventKind::Write) {
    // The instrumentation calls before the store.
    unsettled_[index(event.thread)] = out_.event_count;
  }
  out_.threads[index(event.thread)].last_pc = event.pc;
}

void Recorder::on_thread_created(const scheduler::Thread& thread) {
  const std::size_t i = index(thread.id);
  TraceBuffer::ThreadRecord& record = out_.threads[i];
  record = {};
  record.creator = thread.creator;
  record.stack_low = thread.is_fiber() ? thread.stack_low : thread.fiber->stack_low();
  record.stack_high = thread.is_fiber() ? thread.stack_high : thread.fiber->stack_high();
  record.created_at = thread.created_at;
  record.created_pc = thread.created_pc;
  if (out_.thread_count <= i) out_.thread_count = static_cast<std::uint32_t>(i + 1);
}

void Recorder::on_throw(const scheduler::Thread& thread, std::uintptr_t pc) {
  TraceBuffer::ThreadRecord& record = out_.threads[index(thread.id)];
  record.thrown_stack = thread.stack_node;
  record.thrown_pc = pc;
}

void Recorder::enter(scheduler::Thread& thread, std::uintptr_t call_pc, std::uintptr_t frame) {
  if (out_.stack_count == TraceBuffer::kStacksMax) {
    out_.truncated = true;
    return;
  }
  out_.stacks[out_.stack_count] = {thread.stack_node, call_pc, frame};
  thread.stack_node = out_.stack_count++;
}

void Recorder::leave(scheduler::Thread& thread) {
  thread.stack_node = out_.stacks[thread.stack_node].parent;
}

void Recorder::return_to(scheduler::Thread& thread, std::uintptr_t frame) {
  std::uint32_t node = thread.stack_node;
  while (node != 0 && out_.stacks[node].frame != frame) node = out_.stacks[node].parent;
  if (node != 0) thread.stack_node = node;
}

void Recorder::finish(const scheduler::Engine& engine) {
  for (const auto& thread : engine.threads()) {
    const std::size_t i = index(thread->id);
    settle(thread->id);
    TraceBuffer::ThreadRecord& record = out_.threads[i];
    std::memcpy(record.name, thread->name, sizeof(record.name));
    record.last_stack = thread->stack_node;
  }
  out_.blocked_count = 0;
  for (const scheduler::Blocked& blocked : engine.blocked()) {
    TraceBuffer::BlockedRecord& record = out_.blocked[out_.blocked_count++];
    record = {};
    record.thread = blocked.thread;
    record.target = blocked.target;
    record.waiting_for = blocked.waiting_for;
    record.object = blocked.object;
    record.mutex = blocked.mutex;
    record.pc = blocked.pc;
    record.stack = blocked.stack;
    for (const scheduler::ThreadId holder : blocked.holders) {
      record.holders[record.holder_count++] = holder;
    }
  }
}

}  // namespace raddle::harness
