// The names of variables that lambdas hold by reference.
#pragma once

#include "harness/report/locals.hpp"
#include "harness/report/symbols.hpp"
#include "scheduler/events/trace.hpp"

#include <cstdint>
#include <optional>

namespace raddle::report {

// The variable that `address` lies in, as a closure calls it that read a reference
// to it during the execution. Of a variable whose address is passed on, optimised code
// often says nothing but its first value; the closures that share it know its name.
std::optional<LocalVariable> captured_at(DebugInfo& info, Symbols& symbols,
                                         const scheduler::Trace& trace, std::uintptr_t address);

}  // namespace raddle::report
