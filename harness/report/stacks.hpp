// Call stacks of a recorded execution, as frames.
#pragma once

#include "harness/report/symbols.hpp"
#include "scheduler/events/trace.hpp"

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace raddle::report {

// One open call of a thread, without symbols.
struct OpenCall {
  std::uintptr_t pc{};     // a return address inside the function; 0 if unknown
  std::uintptr_t frame{};  // its canonical frame address; 0 if unknown
};

class Stacks {
 public:
  // Both must outlive this.
  Stacks(Symbols& symbols, const scheduler::Trace& trace);

  // All frames, innermost first, raddle's own left out.
  std::vector<Frame> full(std::uintptr_t pc, std::uint32_t node);

  // As `full`, for people: from the first frame of the program on, library frames
  // after it folded away. The library call before it is kept if the program's line
  // does not show it anyway, as it does with locks and threads.
  std::vector<Frame> for_people(std::uintptr_t pc, std::uint32_t node);

  // The same for a list of return addresses, innermost first.
  std::vector<Frame> for_people(const std::vector<std::uintptr_t>& return_addresses);

  // Where the program did it: its innermost frame of its own.
  Frame where(std::uintptr_t pc, std::uint32_t node);

  // Whether any open call is the program's: false for what the library does
  // on its own, as when a std::thread starts.
  bool is_of_program(std::uintptr_t pc, std::uint32_t node);

  // Whether it is a library at work on its own objects, on behalf of the program:
  // false for what a library does to objects of the program (std::atomic, std::swap).
  bool is_library_work(std::uintptr_t pc, std::uint32_t node);

  // The functions of the program that are open, outermost first, at most `count`.
  std::vector<std::string> outermost(std::uintptr_t pc, std::uint32_t node, std::size_t count);

  // The open calls, innermost first.
  std::vector<OpenCall> calls(std::uintptr_t pc, std::uint32_t node) const;

 private:
  // Shows the frames to `visit`, innermost first, until it returns false. A stack
  // can be thousands of frames deep: most questions are answered by the first few.
  template <typename Visit>
  void walk(std::uintptr_t pc, std::uint32_t node, Visit visit);
  std::uintptr_t pc_inside(std::uintptr_t pc, std::uint32_t node) const;

  Symbols& symbols_;
  const scheduler::Trace& trace_;
  // Some return address inside the function that a node entered. For events
  // whose own pc lies in a library that keeps no shadow stack.
  std::unordered_map<std::uint32_t, std::uintptr_t> inside_;
  std::map<std::pair<std::uintptr_t, std::uint32_t>, bool> is_of_program_, is_library_work_;
};

}  // namespace raddle::report
