#include "harness/differences.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raddle::harness {
namespace {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::Trace;

// Not of plain writes: theirs is looked up a little later, when what was written on a
// stack may be gone. Whoever reads it will tell.
bool has_value(const Event& event) {
  switch (event.kind) {
    case EventKind::Read: return event.size <= 8;
    case EventKind::AtomicLoad:
    case EventKind::AtomicStore:
    case EventKind::AtomicRmw:
    case EventKind::AtomicCompareFailed:
    case EventKind::AtomicWeakFailed: return true;
    default: return false;
  }
}

bool is_same_operation(const Event& a, const Event& b) {
  return a.kind == b.kind && a.thread == b.thread && a.pc == b.pc && a.size == b.size;
}

// Programs lie above 4 GiB, and so do their heaps and stacks.
bool may_be_address(std::uint64_t value) { return value >= std::uint64_t{1} << 32; }

bool differs_in_value(const Event& a, const Event& b) {
  return has_value(a) && a.value != b.value &&
         !(may_be_address(a.value) && may_be_address(b.value));
}

std::string did(const Event& event) {
  return fmt::format("{}: {}", thread_text(event.thread), name(event.kind));
}

std::string describe(const Event* one, const Event* other) {
  const std::uint64_t step = one != nullptr ? one->step : other->step;
  if (one == nullptr || other == nullptr) {
    return fmt::format("after step {} one of them was over, and the other went on with {}", step,
                       did(one != nullptr ? *one : *other));
  }
  if (!is_same_operation(*one, *other)) {
    const bool is_elsewhere = one->kind == other->kind && one->thread == other->thread;
    return fmt::format("at step {}, one did {} and the other {}{}", step, did(*one), did(*other),
                       is_elsewhere ? " in another line" : "");
  }
  return fmt::format("at step {}, {} of {} in one and of {} in the other", step, did(*one),
                     one->value, other->value);
}

}  // namespace

std::string thread_text(scheduler::ThreadId thread) {
  return thread == scheduler::ThreadId{} ? "main" : fmt::format("T{}", index(thread));
}

std::optional<Difference> first_difference(const Trace& one, const Trace& other) {
  const std::size_t end = std::min(one.events.size(), other.events.size());
  for (std::size_t i = 0; i < end; ++i) {
    const Event& a = one.events[i].event;
    const Event& b = other.events[i].event;
    if (!is_same_operation(a, b) || differs_in_value(a, b)) return Difference{i, describe(&a, &b)};
  }
  if (one.events.size() == other.events.size()) return std::nullopt;
  const bool is_longer = one.events.size() > end;
  return Difference{end, describe(is_longer ? &one.events[end].event : nullptr,
                                  is_longer ? nullptr : &other.events[end].event)};
}

void cut(Trace& trace, std::size_t at) {
  if (at + 1 >= trace.events.size()) return;
  trace.events.resize(at + 1);
  trace.blocked.clear();
  for (const scheduler::TraceEvent& each : trace.events) {
    scheduler::TraceThread& thread = trace.threads[index(each.event.thread)];
    thread.last_stack = each.stack;
    thread.last_pc = each.event.pc;
  }
}

}  // namespace raddle::harness
