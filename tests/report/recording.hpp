// The smallest runtime that records what instrumented code does.
#pragma once

#include "scheduler/events/trace.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace raddle::report::testing {

// Runs `body`, instrumented code, and records its calls and plain accesses as
// thread 0.
scheduler::Trace record(const std::function<void()>& body);

// Within record(): calls `body` as if on a thread of that number, with a call
// stack of its own.
void run_as(std::size_t thread, const std::function<void()>& body);

// Within record(): an operation other than a plain access, done by the caller.
void operation(scheduler::EventKind kind, const void* object, std::uint64_t value = 0,
               std::uint64_t extra = 0);

// The index of the last event of that kind by the last thread, which must exist.
std::size_t last_of(const scheduler::Trace& trace, scheduler::EventKind kind);

}  // namespace raddle::report::testing
