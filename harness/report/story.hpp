// One failed execution and all that is known about it: what the explanations
// of the different kinds of finding share.
#pragma once

#include "harness/report/debug_info.hpp"
#include "harness/report/memory.hpp"
#include "harness/report/raw_finding.hpp"
#include "harness/report/stacks.hpp"
#include "harness/report/symbols.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace raddle::report {

class Story {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // Both must outlive this.
  Story(const RawFinding& raw, const scheduler::Trace& trace);

  const RawFinding& raw;
  const scheduler::Trace& trace;
  DebugInfo info;
  Symbols symbols;
  Stacks stacks;
  Memory memory;

  // The index of the event of `thread` at that step, or kNone if it was not
  // recorded. Notes (allocations, frees) share a step with the event before
  // them; then `pc` tells which is meant.
  std::size_t event_at(scheduler::ThreadId thread, std::uint64_t step, std::uintptr_t pc) const;

  // The last event before `before` of `thread` for which `matches` holds, or kNone.
  template <typename Matches>
  std::size_t last_event(std::size_t before, scheduler::ThreadId thread, Matches matches) const {
    for (std::size_t i = std::min(before, trace.events.size()); i-- > 0;) {
      const scheduler::Event& event = trace.events[i].event;
      if (event.thread == thread && matches(event)) return i;
    }
    return kNone;
  }

  std::string thread_name(scheduler::ThreadId thread) const;
  // "T1", "T1 and T2", "T1, T2 and T3".
  std::string thread_names(const std::vector<scheduler::ThreadId>& threads) const;

  // The stack of an event, for people.
  std::vector<Frame> stack(std::size_t event);
  // Where the program did it.
  Frame where(std::size_t event);

  // Where a thread stood when the execution stopped.
  std::vector<Frame> last_stack(scheduler::ThreadId thread, std::uintptr_t pc = 0);

  const scheduler::Blocked* blocked(scheduler::ThreadId thread) const;

  // The mutexes that `thread` held at that event, in the order taken, and
  // where each was taken (an event index).
  struct Held {
    std::uintptr_t mutex;
    std::size_t taken_at;
  };
  std::vector<Held> held(scheduler::ThreadId thread, std::size_t at_event) const;

  // "`balance_`": the name of a noted object in quotes.
  std::string quoted(std::uintptr_t address, std::uint64_t size = 0);

  // "in `withdraw`, account.hpp:14", or nothing.
  std::string in_place(const Frame& frame) const;

  // Adds "T1 was created here" for those among `threads` that were created; the
  // threads that were created in the same place share one.
  void add_creation_sites(Finding& finding, std::vector<scheduler::ThreadId> threads);
};

// "account.hpp:14"; empty if unknown.
std::string short_place(const Frame& frame);

// ", account.hpp:14", or nothing.
std::string at_place(const Frame& frame);

inline int number(scheduler::ThreadId thread) { return static_cast<int>(index(thread)); }

}  // namespace raddle::report
