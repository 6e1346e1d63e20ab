// From code addresses to functions and lines, with those that the compiler
// inlined. In process; only for findings.
#pragma once

#include "harness/report/debug_info.hpp"
#include <raddle/raddle.hpp>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace raddle::report {

class Symbols {
 public:
  // `info` must outlive this.
  explicit Symbols(DebugInfo& info) : info_(info) {}

  // The calls that the call before `return_address` stands in: innermost
  // first, inlined ones, then the function that was compiled. Never empty.
  const std::vector<Frame>& frames(std::uintptr_t return_address);

  // The DIEs of the same functions, innermost first. Empty without debug information.
  std::vector<Dwarf_Die> functions(std::uintptr_t return_address);

  // The function whose code starts in or contains `address`, at the line where it is declared.
  Frame function_at(std::uintptr_t address);

 private:
  std::vector<Frame> resolve(std::uintptr_t return_address);

  DebugInfo& info_;
  std::unordered_map<std::uintptr_t, std::vector<Frame>> cache_;
};

// Whether a frame belongs to the program: not to the standard library, a
// system header, a test framework or raddle's runtime.
bool is_program(const Frame& frame);

// Whether a frame is raddle's own and of no interest at all.
bool is_runtime(const Frame& frame);

// The first frame of the program; without one the first at all, or an empty one.
Frame first_of_program(const std::vector<Frame>& stack);

}  // namespace raddle::report
