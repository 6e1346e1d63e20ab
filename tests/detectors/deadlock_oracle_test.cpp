// Cycles of waiting threads against an exhaustive search: every sequence of different threads is
// tried.
#include "detectors/deadlock.hpp"
#include "tests/detectors/script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace raddle::detectors {
namespace {

using scheduler::Blocked;
using scheduler::index;
using scheduler::ThreadId;
using scheduler::Trace;

bool waits_for(const Blocked& blocked, ThreadId target) {
  switch (blocked.waiting_for) {
    case EventKind::ThreadJoin: return blocked.target == target;
    case EventKind::CondWake: return false;  // for a notification, whoever has its mutex
    default: return std::ranges::find(blocked.holders, target) != blocked.holders.end();
  }
}

const Blocked* find(const Trace& trace, ThreadId thread) {
  const auto found = std::ranges::find(trace.blocked, thread, &Blocked::thread);
  return found == trace.blocked.end() ? nullptr : &*found;
}

// The number of threads in the smallest cycle that begins with `path`; 0 if there is none.
std::size_t smallest_cycle(const Trace& trace, std::vector<const Blocked*>& path) {
  if (waits_for(*path.back(), path.front()->thread)) return path.size();
  std::size_t best = 0;
  for (const Blocked& next : trace.blocked) {
    if (!waits_for(*path.back(), next.thread)) continue;
    if (std::ranges::find(path, &next) != path.end()) continue;
    path.push_back(&next);
    const std::size_t found = smallest_cycle(trace, path);
    path.pop_back();
    if (found != 0 && (best == 0 || found < best)) best = found;
  }
  return best;
}

std::size_t smallest_cycle(const Trace& trace) {
  std::size_t best = 0;
  for (const Blocked& first : trace.blocked) {
    std::vector<const Blocked*> path{&first};
    const std::size_t found = smallest_cycle(trace, path);
    if (found != 0 && (best == 0 || found < best)) best = found;
  }
  return best;
}

Trace random_trace(std::mt19937_64& random) {
  static constexpr EventKind kKinds[] = {
      EventKind::MutexLock, EventKind::WriteLock, EventKind::ReadLock,  EventKind::ThreadJoin,
      EventKind::CondWake,  EventKind::SemWait,   EventKind::MutexLock, EventKind::OnceBegin};
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Trace trace;
  const std::size_t threads = 1 + below(7);
  for (std::size_t i = 0; i < threads; ++i) {
    if (below(12) == 0) continue;  // has ended
    Blocked blocked;
    blocked.thread = thread_id(i);
    blocked.waiting_for = kKinds[below(8)];
    blocked.object = 0x1000 + i;
    if (blocked.waiting_for == EventKind::ThreadJoin) {
      blocked.target = thread_id((i + 1 + below(threads)) % (threads + 1));
    } else if (blocked.waiting_for != EventKind::SemWait) {
      for (std::size_t holders = 1 + below(8) / 7; holders > 0; --holders) {
        blocked.holders.push_back(thread_id(below(threads)));
      }
    }
    trace.blocked.push_back(blocked);
  }
  return trace;
}

TEST(ClassifyStuck, FindsTheSmallestCycleThatAnExhaustiveSearchFinds) {
  std::size_t with_cycle = 0, of_three_and_more = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const Trace trace = random_trace(random);
    const std::size_t expected = smallest_cycle(trace);
    const Stuck stuck = classify_stuck(trace);
    ASSERT_EQ(stuck.cycle.size(), expected);
    with_cycle += expected > 0;
    of_three_and_more += expected >= 3;
    for (std::size_t i = 0; i < expected; ++i) {
      const WaitEdge& edge = stuck.cycle[i];
      const Blocked* const blocked = find(trace, edge.thread);
      ASSERT_NE(blocked, nullptr);
      ASSERT_TRUE(waits_for(*blocked, edge.holder));
      ASSERT_EQ(edge.holder, stuck.cycle[(i + 1) % expected].thread);
      ASSERT_EQ(edge.waiting_for, blocked->waiting_for);
    }
    const bool is_lock = expected == 1 && (stuck.cycle[0].waiting_for == EventKind::MutexLock ||
                                           stuck.cycle[0].waiting_for == EventKind::ReadLock ||
                                           stuck.cycle[0].waiting_for == EventKind::WriteLock);
    ASSERT_EQ(stuck.kind, is_lock ? ProblemKind::MutexMisuse : ProblemKind::Deadlock);
  }
  EXPECT_GT(with_cycle, 5'000u);
  EXPECT_GT(of_three_and_more, 300u);
}

}  // namespace
}  // namespace raddle::detectors
