#include "harness/report/stacks.hpp"

#include "harness/report/short_name.hpp"

#include <algorithm>
#include <array>

namespace raddle::report {
namespace {

template <std::size_t n>
bool is_among(std::string_view function, const std::array<std::string_view, n>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return function.starts_with(beginning); });
}

// A call that the line it stands on says as well.
bool is_evident(std::string_view function) {
  static constexpr std::array<std::string_view, 14> kPlain{
      "std::thread::",      "std::jthread::",
      "std::lock_guard::",  "std::unique_lock::",
      "std::scoped_lock::", "std::shared_lock::",
      "std::mutex::",       "std::shared_mutex::",
      "std::future::",      "std::condition_variable",
      "std::atomic",        "std::_",
      "pthread_",           "operator"};
  return function == "??" || last_part(function).starts_with("_") || is_among(function, kPlain);
}

// Library functions that work on objects of the program.
bool is_for_program(std::string_view function) {
  static constexpr std::array<std::string_view, 25> kAccessors{
      "std::atomic",     "std::__atomic",    "std::counting_semaphore", "std::latch",
      "std::barrier",    "std::exchange",    "std::__exchange",         "std::swap",
      "std::min",        "std::max",         "std::construct_at",       "std::call_once",
      "std::lock_guard", "std::unique_lock", "std::scoped_lock",        "std::shared_lock",
      "std::mutex",      "std::recursive_",  "std::timed_mutex",        "std::shared_",
      "std::lock",       "std::try_lock",    "std::condition_variable", "std::__detail",
      "__gthread"};
  return is_among(function, kAccessors);
}

// Without the library, but for the call that the program made last.
std::vector<Frame> folded(const std::vector<Frame>& all) {
  const auto first = std::find_if(all.begin(), all.end(), is_program);
  if (first == all.end())
    return {all.begin(), all.begin() + std::min<std::ptrdiff_t>(3, std::ssize(all))};
  std::vector<Frame> kept;
  if (first != all.begin() && !is_evident((first - 1)->function)) kept.push_back(*(first - 1));
  std::copy_if(first, all.end(), std::back_inserter(kept), is_program);
  return kept;
}

}  // namespace

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

template <typename Visit>
void Stacks::walk(std::uintptr_t pc, std::uint32_t node, Visit visit) {
  const auto show = [&](std::uintptr_t return_address) {
    for (const Frame& frame : symbols_.frames(return_address)) {
      if (!is_runtime(frame) && !visit(frame)) return false;
    }
    return true;
  };
  if (pc != 0) {
    if (!show(pc)) return;
    // The call came through a library without debug information: the function
    // of the program that made it is known, the line is not.
    const std::uintptr_t inside = pc_inside(pc, node);
    if (inside != pc && inside != 0 && node != 0) {
      const Frame function = symbols_.function_at(inside - 1);
      if (!is_runtime(function) && !visit(function)) return;
    }
  }
  while (node != 0 && node < trace_.stacks.size()) {
    const std::uintptr_t call_pc = trace_.stacks[node].call_pc;
    if (call_pc != 0 && !show(call_pc)) return;
    node = trace_.stacks[node].parent;
  }
}

std::vector<Frame> Stacks::full(std::uintptr_t pc, std::uint32_t node) {
  std::vector<Frame> frames;
  walk(pc, node, [&](const Frame& frame) {
    frames.push_back(frame);
    return true;
  });
  return frames;
}

std::vector<std::string> Stacks::outermost(std::uintptr_t pc, std::uint32_t node,
                                           std::size_t count) {
  std::vector<std::uintptr_t> addresses{pc};
  for (; node != 0 && node < trace_.stacks.size(); node = trace_.stacks[node].parent) {
    addresses.push_back(trace_.stacks[node].call_pc);
  }
  std::vector<std::string> functions;
  for (auto at = addresses.rbegin(); at != addresses.rend() && functions.size() < count; ++at) {
    if (*at == 0) continue;
    const std::vector<Frame>& frames = symbols_.frames(*at);
    for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
      if (is_program(*frame) && functions.size() < count) functions.push_back(frame->function);
    }
  }
  return functions;
}

std::vector<Frame> Stacks::for_people(std::uintptr_t pc, std::uint32_t node) {
  return folded(full(pc, node));
}

std::vector<Frame> Stacks::for_people(const std::vector<std::uintptr_t>& return_addresses) {
  std::vector<Frame> all;
  for (std::uintptr_t address : return_addresses) {
    for (const Frame& frame : symbols_.frames(address)) {
      if (!is_runtime(frame)) all.push_back(frame);
    }
  }
  return folded(all);
}

bool Stacks::is_of_program(std::uintptr_t pc, std::uint32_t node) {
  if (pc == 0) return true;  // not known: better to show too much
  const auto [at, is_new] = is_of_program_.try_emplace({pc, node}, false);
  if (is_new) {
    bool& is_program_s = at->second;
    walk(pc, node, [&](const Frame& frame) { return !(is_program_s = is_program(frame)); });
  }
  return at->second;
}

bool Stacks::is_library_work(std::uintptr_t pc, std::uint32_t node) {
  if (pc == 0) return false;
  const auto [at, is_new] = is_library_work_.try_emplace({pc, node}, false);
  if (is_new) {
    bool& is_work = at->second;
    walk(pc, node, [&](const Frame& frame) {
      if (is_program(frame)) return false;
      return !(is_work = !is_for_program(frame.function));
    });
  }
  return at->second;
}

Frame Stacks::where(std::uintptr_t pc, std::uint32_t node) {
  std::optional<Frame> innermost, found;
  walk(pc, node, [&](const Frame& frame) {
    if (!innermost) innermost = frame;
    if (is_program(frame)) found = frame;
    return !found.has_value();
  });
  return found ? *found : innermost.value_or(Frame{});
}

}  // namespace raddle::report
