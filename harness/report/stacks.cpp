#include "harness/report/stacks.hpp"

#include <algorithm>

namespace raddle::report {

Stacks::Stacks(Symbols& symbols, const scheduler::Trace& trace) : symbols_(symbols), trace_(trace) {
  for (std::uint32_t node = 1; node < trace.stacks.size(); ++node) {
    inside_.try_emplace(trace.stacks[node].parent, trace.stacks[node].call_pc);
  }
  std::uintptr_t last_pc = 0;
  std::uint32_t last_node = 0;
  for (const scheduler::TraceEvent& entry : trace.events) {
    if (entry.event.pc == last_pc && entry.stack == last_node) continue;
    last_pc = entry.event.pc;
    last_node = entry.stack;
    if (last_pc == 0 || inside_.contains(last_node)) continue;
    if (!symbols.frames(last_pc).front().file.empty()) inside_.emplace(last_node, last_pc);
  }
}

std::uintptr_t Stacks::pc_inside(std::uintptr_t pc, std::uint32_t node) const {
  const bool is_ours = pc != 0 && !symbols_.frames(pc).front().file.empty();
  if (is_ours) return pc;
  const auto at = inside_.find(node);
  return at == inside_.end() ? 0 : at->second;
}

std::vector<OpenCall> Stacks::calls(std::uintptr_t pc, std::uint32_t node) const {
  std::vector<OpenCall> calls;
  pc = pc_inside(pc, node);
  while (node != 0 && node < trace_.stacks.size()) {
    calls.push_back({pc, trace_.stacks[node].frame});
    pc = trace_.stacks[node].call_pc;
    node = trace_.stacks[node].parent;
  }
  if (pc != 0) calls.push_back({pc, 0});
  return calls;
}

std::vector<Frame> Stacks::full(std::uintptr_t pc, std::uint32_t node) {
  std::vector<Frame> frames;
  const auto add = [&](const std::vector<Frame>& more) {
    for (const Frame& frame : more) {
      if (!is_runtime(frame)) frames.push_back(frame);
    }
  };
  if (pc != 0) {
    add(symbols_.frames(pc));
    // The call came through a library without debug information: the function
    // of the program that made it is known, the line is not.
    const std::uintptr_t inside = pc_inside(pc, node);
    if (inside != pc && inside != 0 && node != 0) {
      add({symbols_.function_at(inside - 1)});
    }
  }
  while (node != 0 && node < trace_.stacks.size()) {
    const std::uintptr_t call_pc = trace_.stacks[node].call_pc;
    if (call_pc != 0) add(symbols_.frames(call_pc));
    node = trace_.stacks[node].parent;
  }
  return frames;
}

std::vector<Frame> Stacks::for_people(std::uintptr_t pc, std::uint32_t node) {
  const std::vector<Frame> all = full(pc, node);
  const auto first = std::find_if(all.begin(), all.end(), is_program);
  if (first == all.end())
    return {all.begin(), all.begin() + std::min<std::ptrdiff_t>(3, std::ssize(all))};
  std::vector<Frame> kept;
  // What the program called: the outermost library call says it best.
  if (first != all.begin() && (first - 1)->function != "??") kept.push_back(*(first - 1));
  std::copy_if(first, all.end(), std::back_inserter(kept), is_program);
  return kept;
}

bool Stacks::is_of_program(std::uintptr_t pc, std::uint32_t node) {
  if (pc == 0) return true;  // not known: better to show too much
  const auto [at, is_new] = is_of_program_.try_emplace({pc, node}, false);
  if (is_new) {
    const std::vector<Frame> frames = full(pc, node);
    at->second = std::any_of(frames.begin(), frames.end(), is_program);
  }
  return at->second;
}

Frame Stacks::where(std::uintptr_t pc, std::uint32_t node) {
  return first_of_program(full(pc, node));
}

}  // namespace raddle::report
