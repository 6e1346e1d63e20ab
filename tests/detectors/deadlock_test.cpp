#include "detectors/deadlock.hpp"

#include "tests/detectors/script.hpp"

#include <gtest/gtest.h>

namespace raddle::detectors {
namespace {

using scheduler::Blocked;
using scheduler::Trace;
using enum scheduler::EventKind;

constexpr std::uintptr_t kA = 0x1000, kB = 0x1100, kC = 0x1200, kCondition = 0x1300;

Trace trace(const std::vector<Event>& events, std::vector<Blocked> blocked) {
  Trace result;
  for (const Event& event : events) result.events.push_back({event, 0});
  result.blocked = std::move(blocked);
  return result;
}

Blocked waits(int thread, EventKind kind, std::uintptr_t object, std::vector<int> holders = {}) {
  Blocked blocked;
  blocked.thread = thread_id(static_cast<std::size_t>(thread));
  blocked.waiting_for = kind;
  blocked.object = object;
  for (int holder : holders) blocked.holders.push_back(thread_id(static_cast<std::size_t>(holder)));
  return blocked;
}

Blocked joins(int thread, int target) {
  Blocked blocked = waits(thread, ThreadJoin, 0);
  blocked.target = thread_id(static_cast<std::size_t>(target));
  return blocked;
}

Blocked sleeps(int thread, int mutex_holder = -1) {
  Blocked blocked = waits(thread, CondWake, kCondition);
  blocked.mutex = kA;
  if (mutex_holder >= 0) blocked.holders = {thread_id(static_cast<std::size_t>(mutex_holder))};
  return blocked;
}

TEST(ClassifyStuck, OppositeLockOrderIsACycleWithThePlacesWhereEachLockWasTaken) {
  const Stuck stuck = classify_stuck(trace(
      {on(1, MutexLock, kA), on(1, MutexUnlock, kA), on(1, MutexLock, kA), on(2, MutexLock, kB)},
      {joins(0, 1), waits(1, MutexLock, kB, {2}), waits(2, MutexLock, kA, {1})}));
  EXPECT_EQ(stuck.kind, ProblemKind::Deadlock);
  ASSERT_EQ(stuck.cycle.size(), 2u);
  EXPECT_EQ(stuck.cycle[0].thread, thread_id(1));
  EXPECT_EQ(stuck.cycle[0].holder, thread_id(2));
  EXPECT_EQ(stuck.cycle[0].object, kB);
  EXPECT_EQ(stuck.cycle[0].waiting_for, MutexLock);
  EXPECT_EQ(stuck.cycle[0].taken_at, 3u);
  EXPECT_EQ(stuck.cycle[1].thread, thread_id(2));
  EXPECT_EQ(stuck.cycle[1].taken_at, 2u);
}

TEST(ClassifyStuck, ThreePhilosophersWaitInACircleOfThree) {
  const Stuck stuck =
      classify_stuck(trace({on(1, MutexLock, kA), on(2, MutexLock, kB), on(3, MutexTryLock, kC)},
                           {joins(0, 1), waits(1, MutexLock, kB, {2}), waits(2, MutexLock, kC, {3}),
                            waits(3, MutexLock, kA, {1})}));
  ASSERT_EQ(stuck.cycle.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(stuck.cycle[i].holder, stuck.cycle[(i + 1) % 3].thread);
  }
}

TEST(ClassifyStuck, OfSeveralCyclesTheShortestIsTold) {
  const Stuck stuck =
      classify_stuck(trace({}, {waits(1, MutexLock, kA, {2}), waits(2, WriteLock, kB, {3, 4}),
                                joins(3, 1), joins(4, 2)}));
  ASSERT_EQ(stuck.cycle.size(), 2u);
  EXPECT_EQ(stuck.cycle[0].thread, thread_id(2));
  EXPECT_EQ(stuck.cycle[0].waiting_for, WriteLock);
  EXPECT_EQ(stuck.cycle[1].thread, thread_id(4));
  EXPECT_EQ(stuck.cycle[1].waiting_for, ThreadJoin);
  EXPECT_EQ(stuck.cycle[1].taken_at, WaitEdge::kNotInTrace);
}

TEST(ClassifyStuck, AJoinWithTheLockHeldThatTheThreadNeedsIsACycle) {
  const Stuck stuck =
      classify_stuck(trace({on(0, MutexLock, kA)}, {joins(0, 1), waits(1, MutexLock, kA, {0})}));
  EXPECT_EQ(stuck.kind, ProblemKind::Deadlock);
  ASSERT_EQ(stuck.cycle.size(), 2u);
  EXPECT_EQ(stuck.cycle[1].taken_at, 0u);
}

TEST(ClassifyStuck, AThreadThatWaitsForItsOwnMutexLockedItTwice) {
  const Stuck stuck =
      classify_stuck(trace({on(1, MutexLock, kA)}, {joins(0, 1), waits(1, MutexLock, kA, {1})}));
  EXPECT_EQ(stuck.kind, ProblemKind::MutexMisuse);
  ASSERT_EQ(stuck.cycle.size(), 1u);
  EXPECT_EQ(stuck.cycle[0].taken_at, 0u);
}

TEST(ClassifyStuck, AMutexRetakenOnWakingCountsAsTakenThere) {
  const Stuck stuck = classify_stuck(
      trace({on(1, MutexLock, kA), on(1, CondWait, kCondition, 0, kA),
             on(2, CondNotifyOne, kCondition, 1), on(1, CondWake, kCondition, 0, kA)},
            {joins(1, 2), waits(2, MutexLock, kA, {1})}));
  ASSERT_EQ(stuck.cycle.size(), 2u);
  EXPECT_EQ(stuck.cycle[1].holder, thread_id(1));
  EXPECT_EQ(stuck.cycle[1].taken_at, 3u);
}

TEST(ClassifyStuck, ANotifyBeforeTheWaitIsALostWakeupEvenIfMainJoinsTheSleeper) {
  const Stuck stuck =
      classify_stuck(trace({on(2, CondNotifyOne, kCondition, 0), on(1, MutexLock, kA),
                            on(1, CondWait, kCondition, 0, kA)},
                           {joins(0, 1), sleeps(1)}));
  EXPECT_EQ(stuck.kind, ProblemKind::LostWakeup);
  EXPECT_TRUE(stuck.cycle.empty());
  EXPECT_EQ(stuck.sleeper, thread_id(1));
  EXPECT_EQ(stuck.early_notify, 0u);
}

TEST(ClassifyStuck, ANotifyAllBetweenTheCheckAndTheWaitIsLostThoughItWokeAnother) {
  const Stuck stuck = classify_stuck(
      trace({on(1, MutexLock, kA), on(1, CondWait, kCondition, 0, kA), on(2, MutexLock, kA),
             on(3, CondNotifyAll, kCondition, 1), on(2, CondWait, kCondition, 0, kA),
             on(1, CondWake, kCondition, 0, kA), on(1, MutexUnlock, kA)},
            {joins(0, 2), sleeps(2)}));
  EXPECT_EQ(stuck.kind, ProblemKind::LostWakeup);
  EXPECT_EQ(stuck.sleeper, thread_id(2));
  EXPECT_EQ(stuck.early_notify, 3u);
}

TEST(ClassifyStuck, ASleeperWhomNobodyEverNotifiedIsADeadlockWithoutACycle) {
  const Stuck stuck = classify_stuck(
      trace({on(1, MutexLock, kA), on(1, CondWait, kCondition, 0, kA)}, {joins(0, 1), sleeps(1)}));
  EXPECT_EQ(stuck.kind, ProblemKind::Deadlock);
  EXPECT_TRUE(stuck.cycle.empty());
}

TEST(ClassifyStuck, ANotifyThatWokeAnotherSleeperWasNotTooEarly) {
  const Stuck stuck = classify_stuck(trace(
      {on(3, CondNotifyOne, kCondition, 0), on(1, MutexLock, kA),
       on(1, CondWait, kCondition, 0, kA), on(2, MutexLock, kA), on(2, CondWait, kCondition, 0, kA),
       on(3, CondNotifyOne, kCondition, 1), on(1, CondWake, kCondition, 0, kA)},
      {joins(0, 2), sleeps(2)}));
  EXPECT_EQ(stuck.kind, ProblemKind::Deadlock);
}

TEST(ClassifyStuck, ANotifyBeforeTheSleepersLastWakingWasNotTheOneItMisses) {
  const Stuck stuck =
      classify_stuck(trace({on(2, CondNotifyOne, kCondition, 0), on(1, MutexLock, kA),
                            on(1, CondWait, kCondition, 0, kA), on(2, CondNotifyOne, kCondition, 1),
                            on(1, CondWake, kCondition, 0, kA), on(1, CondWait, kCondition, 0, kA)},
                           {joins(0, 1), sleeps(1)}));
  EXPECT_EQ(stuck.kind, ProblemKind::Deadlock);
}

TEST(ClassifyStuck, ASleeperDoesNotWaitForWhoeverHasItsMutex) {
  const Stuck stuck =
      classify_stuck(trace({on(2, CondNotifyOne, kCondition, 0), on(1, MutexLock, kA),
                            on(1, CondWait, kCondition, 0, kA), on(0, MutexLock, kA)},
                           {joins(0, 1), sleeps(1, 0)}));
  EXPECT_EQ(stuck.kind, ProblemKind::LostWakeup);
}

TEST(ClassifyStuck, AFutexWokenTooEarlyIsALostWakeup) {
  const Stuck early = classify_stuck(
      trace({on(1, FutexWake, kC, 0), on(0, FutexWait, kC)}, {waits(0, FutexWoken, kC)}));
  EXPECT_EQ(early.kind, ProblemKind::LostWakeup);
  EXPECT_EQ(early.early_notify, 0u);
  const Stuck never = classify_stuck(
      trace({on(1, FutexWake, kB, 0), on(0, FutexWait, kC)}, {waits(0, FutexWoken, kC)}));
  EXPECT_EQ(never.kind, ProblemKind::Deadlock);
}

TEST(ClassifyStuck, AWaitWithNobodyLeftToPostIsADeadlockWithoutACycle) {
  for (const EventKind kind : {SemWait, BarrierLeave, FutexWoken}) {
    const Stuck stuck = classify_stuck(trace({}, {joins(0, 1), waits(1, kind, kA)}));
    EXPECT_EQ(stuck.kind, ProblemKind::Deadlock);
    EXPECT_TRUE(stuck.cycle.empty());
  }
}

TEST(ClassifyStuck, ALockWhoseHolderHasEndedIsADeadlockWithoutACycle) {
  const Stuck stuck = classify_stuck(
      trace({on(1, MutexLock, kA), on(1, ThreadEnd)}, {waits(0, MutexLock, kA, {1})}));
  EXPECT_EQ(stuck.kind, ProblemKind::Deadlock);
  EXPECT_TRUE(stuck.cycle.empty());
}

}  // namespace
}  // namespace raddle::detectors
