#include "harness/report/story.hpp"

#include "harness/report/paint.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raddle::report {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::ThreadId;

Story::Story(const RawFinding& raw_finding, const scheduler::Trace& recorded)
    : raw(raw_finding),
      trace(recorded),
      symbols(info),
      stacks(symbols, recorded),
      memory(info, symbols, stacks, recorded) {}

std::size_t Story::event_at(ThreadId thread, std::uint64_t step, std::uintptr_t pc) const {
  std::size_t found = kNone;
  const auto first = std::lower_bound(
      trace.events.begin(), trace.events.end(), step,
      [](const scheduler::TraceEvent& entry, std::uint64_t s) { return entry.event.step < s; });
  for (auto at = first; at != trace.events.end() && at->event.step == step; ++at) {
    if (at->event.thread != thread) continue;
    found = static_cast<std::size_t>(at - trace.events.begin());
    if (at->event.pc == pc) break;
  }
  return found;
}

std::string Story::thread_name(ThreadId thread) const {
  const std::size_t i = index(thread);
  if (i < trace.threads.size() && !trace.threads[i].name.empty()) return trace.threads[i].name;
  return i == 0 ? "main" : fmt::format("T{}", i);
}

std::string Story::thread_names(const std::vector<ThreadId>& threads) const {
  std::string names;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (i > 0) names += i + 1 == threads.size() ? " and " : ", ";
    names += thread_name(threads[i]);
  }
  return names;
}

std::vector<Frame> Story::stack(std::size_t event) {
  if (event >= trace.events.size()) return {};
  return stacks.for_people(trace.events[event].event.pc, trace.events[event].stack);
}

Frame Story::where(std::size_t event) {
  if (event >= trace.events.size()) return {};
  return stacks.where(trace.events[event].event.pc, trace.events[event].stack);
}

std::vector<Frame> Story::last_stack(ThreadId thread, std::uintptr_t pc) {
  if (index(thread) >= trace.threads.size()) return {};
  const scheduler::TraceThread& entry = trace.threads[index(thread)];
  return stacks.for_people(pc != 0 ? pc : entry.last_pc, entry.last_stack);
}

const scheduler::Blocked* Story::blocked(ThreadId thread) const {
  const auto at = std::find_if(trace.blocked.begin(), trace.blocked.end(),
                               [&](const scheduler::Blocked& b) { return b.thread == thread; });
  return at == trace.blocked.end() ? nullptr : &*at;
}

std::vector<Story::Held> Story::held(ThreadId thread, std::size_t at_event) const {
  std::vector<Held> held;
  for (std::size_t i = 0; i < std::min(at_event, trace.events.size()); ++i) {
    const Event& event = trace.events[i].event;
    if (event.thread != thread) continue;
    switch (event.kind) {
      case EventKind::MutexLock:
      case EventKind::MutexTryLock:
      case EventKind::WriteLock:
      case EventKind::WriteTryLock:
      case EventKind::ReadLock:
      case EventKind::ReadTryLock: held.push_back({event.address, i}); break;
      case EventKind::CondWake:
      case EventKind::CondTimeout: held.push_back({event.extra, i}); break;
      case EventKind::MutexUnlock:
      case EventKind::WriteUnlock:
      case EventKind::ReadUnlock:
      case EventKind::CondWait:
      case EventKind::CondSpurious: {
        const bool is_wait =
            event.kind == EventKind::CondWait || event.kind == EventKind::CondSpurious;
        const std::uintptr_t mutex = is_wait ? event.extra : event.address;
        const auto last = std::find_if(held.rbegin(), held.rend(),
                                       [&](const Held& h) { return h.mutex == mutex; });
        if (last != held.rend()) held.erase(std::next(last).base());
        break;
      }
      default: break;
    }
  }
  return held;
}

std::string Story::quoted(std::uintptr_t address, std::uint64_t size) {
  return "`" + memory.name(address, size).name + "`";
}

std::string Story::in_place(const Frame& frame) const {
  if (frame.function.empty() || frame.function == "??") return "";
  const std::string_view function = info.without_namespaces(frame.function);
  const std::string place = short_place(frame);
  return place.empty() ? fmt::format("in `{}`", function)
                       : fmt::format("in `{}`, {}", function, place);
}

void Story::add_creation_sites(Finding& finding, std::vector<ThreadId> threads) {
  std::sort(threads.begin(), threads.end());
  struct Group {
    std::vector<ThreadId> threads;
    int creator;
    std::vector<Frame> stack;
  };
  std::vector<Group> groups;
  for (ThreadId thread : threads) {
    if (index(thread) == 0 || index(thread) >= trace.threads.size()) continue;
    const scheduler::TraceThread& entry = trace.threads[index(thread)];
    if (entry.created_pc == 0) continue;
    std::vector<Frame> stack = stacks.for_people(entry.created_pc, entry.created_at);
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return group.creator == number(entry.creator) && group.stack == stack;
    });
    if (same != groups.end()) {
      same->threads.push_back(thread);
    } else {
      groups.push_back({{thread}, number(entry.creator), std::move(stack)});
    }
  }
  for (Group& group : groups) {
    const std::string_view verb = group.threads.size() == 1 ? "was" : "were";
    finding.sites.push_back({fmt::format("{} {} created here", thread_names(group.threads), verb),
                             group.creator, std::move(group.stack)});
  }
}

std::string short_place(const Frame& frame) {
  if (frame.file.empty()) return "";
  return fmt::format("{}:{}", file_name(frame.file), frame.line);
}

std::string at_place(const Frame& frame) {
  const std::string place = short_place(frame);
  return place.empty() ? "" : ", " + place;
}

}  // namespace raddle::report
