#include "detectors/deadlock.hpp"

#include <algorithm>
#include <optional>

namespace raddle::detectors {
namespace {

using scheduler::Blocked;
using scheduler::Event;
using scheduler::EventKind;
using scheduler::kNoThread;
using scheduler::ThreadId;
using scheduler::Trace;

constexpr std::size_t kNotInTrace = WaitEdge::kNotInTrace;

bool takes(const Event& event, std::uintptr_t object) {
  switch (event.kind) {
    case EventKind::MutexLock:
    case EventKind::MutexTryLock:
    case EventKind::ReadLock:
    case EventKind::ReadTryLock:
    case EventKind::WriteLock:
    case EventKind::WriteTryLock:
    case EventKind::OnceBegin: return event.address == object;
    case EventKind::CondWake:
    case EventKind::CondTimeout: return event.extra == object;
    default: return false;
  }
}

bool gives_back(const Event& event, std::uintptr_t object) {
  switch (event.kind) {
    case EventKind::MutexUnlock:
    case EventKind::ReadUnlock:
    case EventKind::WriteUnlock:
    case EventKind::OnceEnd:
    case EventKind::OnceAbort: return event.address == object;
    case EventKind::CondWait:
    case EventKind::CondSpurious: return event.extra == object;
    default: return false;
  }
}

// Where `holder` took what it still holds; of a recursive lock, the first time.
std::size_t taken_at(const Trace& trace, ThreadId holder, std::uintptr_t object) {
  std::size_t taken = kNotInTrace;
  int depth = 0;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i].event;
    if (event.thread != holder) continue;
    if (takes(event, object)) {
      if (depth++ == 0) taken = i;
    } else if (gives_back(event, object) && depth > 0 && --depth == 0) {
      taken = kNotInTrace;
    }
  }
  return taken;
}

// The wait-for graph. A thread that waits for several holders needs all of
// them, so that any circle is a deadlock.
class WaitGraph {
 public:
  explicit WaitGraph(const Trace& trace) : trace_(trace) {
    for (const Blocked& blocked : trace.blocked) {
      std::vector<ThreadId> targets = blocked.holders;
      if (blocked.waiting_for == EventKind::ThreadJoin) targets = {blocked.target};
      // Asleep, it waits for a notification, whoever has the mutex.
      if (blocked.waiting_for == EventKind::CondWake) targets.clear();
      for (const ThreadId target : targets) {
        edges_.push_back(
            {blocked.thread, target, blocked.waiting_for, blocked.object, kNotInTrace});
      }
    }
  }

  // The circle with the fewest threads, or nothing; of equals, the one with the lowest thread.
  std::vector<WaitEdge> shortest_cycle() const {
    std::vector<WaitEdge> best;
    for (const Blocked& blocked : trace_.blocked) {
      std::vector<WaitEdge> cycle = shortest_cycle_through(blocked.thread);
      if (!cycle.empty() && (best.empty() || cycle.size() < best.size())) best = cycle;
    }
    for (WaitEdge& edge : best) {
      if (edge.waiting_for != EventKind::ThreadJoin) {
        edge.taken_at = taken_at(trace_, edge.holder, edge.object);
      }
    }
    return best;
  }

 private:
  // Breadth first: `via` is how each thread was reached first.
  std::vector<WaitEdge> shortest_cycle_through(ThreadId start) const {
    std::vector<std::optional<WaitEdge>> via(scheduler::kThreadsMax);
    std::vector<ThreadId> queue{start};
    for (std::size_t next = 0; next < queue.size(); ++next) {
      for (const WaitEdge& edge : edges_) {
        if (edge.thread != queue[next]) continue;
        if (edge.holder == start) {
          std::vector<WaitEdge> cycle{edge};
          while (cycle.back().thread != start) cycle.push_back(*via[index(cycle.back().thread)]);
          std::reverse(cycle.begin(), cycle.end());
          return cycle;
        }
        if (index(edge.holder) >= via.size() || via[index(edge.holder)]) continue;
        via[index(edge.holder)] = edge;
        queue.push_back(edge.holder);
      }
    }
    return {};
  }

  const Trace& trace_;
  std::vector<WaitEdge> edges_;
};

bool is_lock(EventKind kind) {
  return kind == EventKind::MutexLock || kind == EventKind::ReadLock ||
         kind == EventKind::WriteLock;
}

bool is_notify(EventKind kind) {
  return kind == EventKind::CondNotifyOne || kind == EventKind::CondNotifyAll ||
         kind == EventKind::FutexWake;
}

// The notification that `sleeper` should have had, or kNotInTrace.
std::size_t early_notify(const Trace& trace, const Blocked& sleeper) {
  const bool on_condition = sleeper.waiting_for == EventKind::CondWake;
  if (!on_condition && sleeper.waiting_for != EventKind::FutexWoken &&
      sleeper.waiting_for != EventKind::Resume) {
    return kNotInTrace;
  }
  std::size_t early = kNotInTrace;
  bool is_asleep = false;
  bool has_mutex = false;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i].event;
    if (event.thread == sleeper.thread && on_condition) {
      if (takes(event, sleeper.mutex)) has_mutex = true;
      if (gives_back(event, sleeper.mutex)) has_mutex = false;
    }
    if (event.address != sleeper.object) continue;
    if (is_notify(event.kind)) {
      // Somebody knocked while it slept, and it was not the one to wake.
      if (is_asleep) return kNotInTrace;
      const bool overtook_it = event.kind == EventKind::CondNotifyAll && has_mutex;
      if (event.thread != sleeper.thread && (event.value == 0 || overtook_it)) early = i;
    } else if (event.thread == sleeper.thread) {
      switch (event.kind) {
        case EventKind::CondWait:
        case EventKind::FutexWait:
        case EventKind::Suspend: is_asleep = true; break;
        case EventKind::CondWake:
        case EventKind::CondTimeout:
        case EventKind::FutexWoken:
        case EventKind::FutexTimeout:
        case EventKind::Resume:
          is_asleep = false;
          early = kNotInTrace;
          break;
        default: break;
      }
    }
  }
  return is_asleep ? early : kNotInTrace;
}

}  // namespace

Stuck classify_stuck(const Trace& trace) {
  Stuck stuck;
  stuck.kind = ProblemKind::Deadlock;
  stuck.cycle = WaitGraph(trace).shortest_cycle();
  if (!stuck.cycle.empty()) {
    if (stuck.cycle.size() == 1 && is_lock(stuck.cycle[0].waiting_for)) {
      stuck.kind = ProblemKind::MutexMisuse;
    }
    return stuck;
  }
  for (const Blocked& blocked : trace.blocked) {
    const std::size_t notify = early_notify(trace, blocked);
    if (notify == kNotInTrace) continue;
    stuck.kind = ProblemKind::LostWakeup;
    stuck.sleeper = blocked.thread;
    stuck.early_notify = notify;
    break;
  }
  return stuck;
}

}  // namespace raddle::detectors
