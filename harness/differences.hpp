#pragma once

#include "scheduler/events/trace.hpp"

#include <optional>
#include <string>

namespace raddle::harness {

// "main", "T1".
std::string thread_text(scheduler::ThreadId thread);

// Where two recordings of the same schedule part.
struct Difference {
  std::size_t at;    // index of the first event that differs; may be the end of one of the two
  std::string what;  // "step 17: T1 read 3, and the other time 4"
};

// Nothing if they are the same: the same operations, at the same places in the program, on
// the same small values. Large ones may be addresses, which can be others in another process.
std::optional<Difference> first_difference(const scheduler::Trace& one,
                                           const scheduler::Trace& other);

// The recording up to the event at `at`, as if the execution had been stopped there.
void cut(scheduler::Trace& trace, std::size_t at);

}  // namespace raddle::harness
