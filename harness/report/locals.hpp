// Local variables and parameters in the frames of open calls.
#pragma once

#include "harness/report/debug_info.hpp"
#include "harness/report/stacks.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace raddle::report {

struct LocalVariable {
  std::string name;
  Dwarf_Die type;
  std::uintptr_t address;
};

// The variable of the call `call` that `address` lies in. Prefers one that is
// in scope where the call stands. Nothing if the call's frame address is not
// known, or if the variable lives in a register.
std::optional<LocalVariable> local_at(DebugInfo& info, const OpenCall& call,
                                      std::uintptr_t address);

}  // namespace raddle::report
