// Where a compare-exchange is called that is weak or strong, without saying which: Clang tells the
// runtime of both in the same way, and has it say only what was found, so that one that found
// what was expected cannot fail.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace raddle::harness {

// Return addresses, the first few; 0 where there are no more.
using UntoldExchanges = std::array<std::uintptr_t, 16>;

// A sentence about those among them that are weak, or may be: where the first is, and what to do.
// Empty if all are strong, as their debug information says.
std::string about_untold(std::span<const std::uintptr_t> return_addresses);

}  // namespace raddle::harness
