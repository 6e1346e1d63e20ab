#include "detectors/mutex_misuse.hpp"

#include "tests/detectors/script.hpp"

#include <gtest/gtest.h>

namespace raddle::detectors {
namespace {

using enum scheduler::EventKind;

constexpr std::uintptr_t kMutex = 0x1000, kOther = 0x1100, kLock = 0x1200, kCondition = 0x1300;
constexpr int kNone = -1;

class MutexMisuseTest : public testing::Test {
 protected:
  int run(const std::vector<Event>& events) { return problem_at(detector_, events); }
  Misuse misuse() const {
    return detector_.problem() == nullptr ? Misuse::None : detector_.problem()->misuse;
  }
  int other() const { return static_cast<int>(index(detector_.problem()->other)); }

  MutexMisuse detector_;
};

TEST_F(MutexMisuseTest, StaysQuietWhenEveryHolderUnlocks) {
  EXPECT_EQ(
      run({on(0, MutexLock, kMutex), on(0, MutexUnlock, kMutex), on(1, MutexTryLock, kMutex),
           on(0, MutexTryLockFailed, kMutex), on(1, MutexLock, kOther), on(1, MutexUnlock, kMutex),
           on(1, MutexUnlock, kOther), on(0, MutexDestroy, kMutex)}),
      kNone);
}

TEST_F(MutexMisuseTest, AnUnlockOfAMutexThatNobodyHoldsIsNamed) {
  EXPECT_EQ(run({on(0, MutexLock, kMutex), on(0, MutexUnlock, kMutex), on(0, MutexUnlock, kMutex)}),
            2);
  EXPECT_EQ(misuse(), Misuse::UnlockNotHeld);
  const Problem& problem = *detector_.problem();
  EXPECT_EQ(problem.kind, ProblemKind::MutexMisuse);
  EXPECT_EQ(problem.thread, thread_id(0));
  EXPECT_EQ(problem.other, scheduler::kNoThread);
  EXPECT_EQ(problem.address, kMutex);
  EXPECT_EQ(problem.step, 2u);
  EXPECT_EQ(problem.pc, 102u);
}

TEST_F(MutexMisuseTest, AnUnlockOfAnotherThreadsMutexNamesTheHolder) {
  EXPECT_EQ(run({on(1, MutexLock, kMutex), on(2, MutexUnlock, kMutex)}), 1);
  EXPECT_EQ(misuse(), Misuse::UnlockByAnother);
  EXPECT_EQ(other(), 1);
}

TEST_F(MutexMisuseTest, ARecursiveMutexIsHeldUntilItsLastUnlock) {
  const std::vector<Event> twice{on(0, MutexLock, kMutex), on(0, MutexLock, kMutex),
                                 on(0, MutexUnlock, kMutex)};
  auto unlocked = twice;
  unlocked.push_back(on(0, MutexUnlock, kMutex));
  unlocked.push_back(on(0, MutexDestroy, kMutex));
  EXPECT_EQ(run(unlocked), kNone);
  auto destroyed = twice;
  destroyed.push_back(on(1, MutexDestroy, kMutex));
  EXPECT_EQ(run(destroyed), 3);
  EXPECT_EQ(misuse(), Misuse::DestroyHeld);
  EXPECT_EQ(other(), 0);
}

TEST_F(MutexMisuseTest, ManyThreadsMayReadAtOnceAndEachUnlocksItsOwn) {
  EXPECT_EQ(run({on(0, ReadLock, kLock), on(1, ReadLock, kLock), on(0, ReadUnlock, kLock),
                 on(1, ReadUnlock, kLock), on(1, WriteLock, kLock), on(1, WriteUnlock, kLock),
                 on(0, RwDestroy, kLock)}),
            kNone);
  EXPECT_EQ(run({on(0, ReadLock, kLock), on(1, ReadUnlock, kLock)}), 1);
  EXPECT_EQ(misuse(), Misuse::UnlockByAnother);
  EXPECT_EQ(run({on(0, WriteLock, kLock), on(0, WriteUnlock, kLock), on(0, WriteUnlock, kLock)}),
            2);
  EXPECT_EQ(misuse(), Misuse::UnlockNotHeld);
  EXPECT_EQ(run({on(0, ReadLock, kLock), on(1, RwDestroy, kLock)}), 1);
  EXPECT_EQ(misuse(), Misuse::DestroyHeld);
}

TEST_F(MutexMisuseTest, AFreeOfTheBlockAroundAHeldMutexIsADestruction) {
  EXPECT_EQ(run({on(1, MutexLock, kMutex), on(0, Free, kMutex - 0x20, 0, 0x20),
                 on(0, Free, kMutex + 1, 0, 0x20)}),
            kNone);
  EXPECT_EQ(run({on(1, MutexLock, kMutex), on(0, Free, kMutex - 0x20, 0, 0x48)}), 1);
  EXPECT_EQ(misuse(), Misuse::DestroyHeld);
  EXPECT_EQ(detector_.problem()->address, kMutex);
  EXPECT_EQ(run({on(1, MutexLock, kMutex), on(1, MutexUnlock, kMutex),
                 on(0, Free, kMutex - 0x20, 0, 0x48)}),
            kNone);
}

TEST_F(MutexMisuseTest, AWaitNeedsTheMutexHeldByTheWaiter) {
  EXPECT_EQ(run({on(0, MutexLock, kMutex), on(0, CondWait, kCondition, 0, kMutex),
                 on(1, MutexLock, kMutex), on(1, CondNotifyOne, kCondition, 1),
                 on(1, MutexUnlock, kMutex), on(0, CondWake, kCondition, 0, kMutex),
                 on(0, MutexUnlock, kMutex)}),
            kNone);
  EXPECT_EQ(run({on(0, CondWait, kCondition, 0, kMutex)}), 0);
  EXPECT_EQ(misuse(), Misuse::WaitMutexNotHeld);
  EXPECT_EQ(detector_.problem()->address, kMutex);
  EXPECT_EQ(run({on(1, MutexLock, kMutex), on(0, CondWait, kCondition, 0, kMutex)}), 1);
  EXPECT_EQ(misuse(), Misuse::WaitMutexNotHeld);
  EXPECT_EQ(other(), 1);
}

TEST_F(MutexMisuseTest, ATimedOutWaiterHoldsTheMutexAgain) {
  EXPECT_EQ(run({on(0, MutexLock, kMutex), on(0, CondWait, kCondition, 0, kMutex),
                 on(0, CondTimeout, kCondition, 0, kMutex), on(0, MutexUnlock, kMutex),
                 on(0, CondDestroy, kCondition)}),
            kNone);
}

TEST_F(MutexMisuseTest, AConditionMayBeDestroyedOnceAllWaitersAreNotified) {
  const std::vector<Event> asleep{on(0, MutexLock, kMutex), on(0, CondWait, kCondition, 0, kMutex),
                                  on(1, MutexLock, kMutex), on(1, CondWait, kCondition, 0, kMutex)};
  auto one = asleep;
  one.push_back(on(2, CondNotifyOne, kCondition, 1));
  one.push_back(on(2, CondDestroy, kCondition));
  EXPECT_EQ(run(one), 5);
  EXPECT_EQ(misuse(), Misuse::DestroyWaitedOn);
  auto all = asleep;
  all.push_back(on(2, CondNotifyAll, kCondition, 2));
  all.push_back(on(2, CondDestroy, kCondition));
  EXPECT_EQ(run(all), kNone);
}

TEST_F(MutexMisuseTest, ABarrierMayBeDestroyedOnceAllHaveArrived) {
  EXPECT_EQ(run({on(0, BarrierArrive, kOther, 1), on(1, BarrierDestroy, kOther)}), 1);
  EXPECT_EQ(misuse(), Misuse::DestroyWaitedOn);
  EXPECT_EQ(run({on(0, BarrierArrive, kOther, 1), on(1, BarrierArrive, kOther, 0),
                 on(1, BarrierLeave, kOther), on(1, BarrierDestroy, kOther)}),
            kNone);
}

TEST_F(MutexMisuseTest, AnExecutionKnowsNothingOfTheOneBefore) {
  EXPECT_EQ(run({on(1, MutexLock, kMutex)}), kNone);
  EXPECT_EQ(run({on(0, MutexDestroy, kMutex)}), kNone);
  EXPECT_EQ(run({on(0, MutexUnlock, kMutex)}), 0);
}

TEST_F(MutexMisuseTest, GoesOnAfterAProblem) {
  EXPECT_EQ(run({on(0, MutexUnlock, kMutex)}), 0);
  detector_.on_event(on(0, MutexUnlock, kOther));
  EXPECT_EQ(detector_.problem()->address, kMutex) << "the first stands until it is cleared";
  detector_.clear_problem();
  EXPECT_EQ(detector_.problem(), nullptr);
  detector_.on_event(on(0, MutexUnlock, kOther));
  EXPECT_EQ(detector_.problem()->address, kOther);
}

TEST_F(MutexMisuseTest, ManyLocksAtOnceAreKeptApart) {
  std::vector<Event> events;
  for (std::uintptr_t i = 0; i < 3'000; ++i) events.push_back(on(1, MutexLock, kMutex + 8 * i));
  for (std::uintptr_t i = 0; i < 3'000; ++i) events.push_back(on(1, MutexUnlock, kMutex + 8 * i));
  EXPECT_EQ(run(events), kNone);
}

}  // namespace
}  // namespace raddle::detectors
