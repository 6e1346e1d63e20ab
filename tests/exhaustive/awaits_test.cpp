// Loops that only look until something changes, and loops that seem to.
#include <raddle/raddle.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <vector>

namespace raddle::exhaustive {
namespace {

Report explore_all(const std::function<void()>& body, std::uint64_t executions = 100'000) {
  Options options;
  options.strategy = "exhaustive";
  options.executions = executions;
  options.jobs = 1;
  options.steps_max = 5'000;
  return explore(body, options);
}

void run_threads(int threads, const std::function<void(int)>& run) {
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(run, i);
  for (std::thread& thread : all) thread.join();
}

TEST(Await, OfAFlagIsOneInterleaving) {
  const Report report = explore_all([] {
    std::atomic<bool> is_ready{false};
    int data = 0;
    std::thread writer{[&] {
      data = 42;
      is_ready.store(true);
    }};
    while (!is_ready.load()) {
    }
    check(data == 42);
    writer.join();
  });
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.executions, 1u);
}

TEST(Await, WithAYieldIsComplete) {
  const Report report = explore_all([] {
    std::atomic<int> turn{0};
    run_threads(2, [&](int i) {
      for (int k = 0; k < 2; ++k) {
        while (turn.load() != i) std::this_thread::yield();
        turn.store(1 - i);
      }
    });
  });
  EXPECT_TRUE(report.complete) << report;
  // The compiler may put a copy of the first round before the loop; its look counts.
  EXPECT_LE(report.executions, 8u);
}

// Who exchanges first gets the lock: as many interleavings as there are orders.
TEST(Await, OfASpinLockHasOneInterleavingForEachOrder) {
  const Report report = explore_all([] {
    std::atomic_flag is_locked;
    int counter = 0;
    run_threads(4, [&](int) {
      while (is_locked.test_and_set()) {
      }
      ++counter;
      is_locked.clear();
    });
    check(counter == 4);
  });
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.executions, 24u);
}

TEST(Await, OfACompareExchangeHasOneInterleavingForEachOrder) {
  const Report report = explore_all([] {
    std::atomic<int> owner{0};
    int counter = 0;
    run_threads(4, [&](int i) {
      for (int expected = 0; !owner.compare_exchange_strong(expected, i + 1);) expected = 0;
      ++counter;
      owner.store(0);
    });
    check(counter == 4);
  });
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.executions, 24u);
}

// Peterson: each waits for either of two variables.
TEST(Await, OfTwoPlacesIsComplete) {
  std::set<int> first_inside;
  const Report report = explore_all([&] {
    std::atomic<bool> wants[2] = {};
    std::atomic<int> last{0};
    int inside = -1;
    run_threads(2, [&](int i) {
      wants[i].store(true);
      last.store(i);
      while (wants[1 - i].load() && last.load() == i) {
      }
      if (inside < 0) first_inside.insert(i);
      inside = i;
      wants[i].store(false);
    });
  });
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(first_inside, (std::set<int>{0, 1}));
}

// The same with the mistake that both may go in: it lies behind a wait.
TEST(Await, OfTwoPlacesHidesNoRace) {
  const Report report = explore_all([] {
    std::atomic<bool> wants[2] = {};
    std::atomic<int> last{0};
    int inside = 0;
    run_threads(2, [&](int i) {
      last.store(i);
      wants[i].store(true);
      while (wants[1 - i].load() && last.load() == i) {
      }
      ++inside;
      wants[i].store(false);
    });
  });
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, FindingKind::DataRace);
}

TEST(Await, ForWhatNeverComesIsFound) {
  const Report report = explore_all([] {
    std::atomic<int> state{0};
    std::thread other{[&] { state.store(2); }};
    while (state.load() != 1) {
    }
    other.join();
  });
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, FindingKind::StepLimit);
  EXPECT_FALSE(report.complete);
}

// What was there for a moment only may be missed.
TEST(Await, OfWhatGoesAwayAgainIsFound) {
  const Report report = explore_all([] {
    std::atomic<int> state{0};
    std::thread other{[&] {
      state.store(1);
      state.store(2);
    }};
    while (state.load() != 1) {
    }
    other.join();
  });
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, FindingKind::StepLimit);
}

// Looks that are counted are not in vain: it matters how many there were.
TEST(Await, IsNotALoopThatCounts) {
  std::set<int> rounds;
  const Report report = explore_all([&] {
    std::atomic<bool> is_ready{false};
    std::thread writer{[&] { is_ready.store(true); }};
    int looks = 0;
    while (looks < 6 && !is_ready.load()) ++looks;
    rounds.insert(looks);
    writer.join();
  });
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(rounds, (std::set<int>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(report.executions, 7u);
}

TEST(Await, IsNotALoopThatWritesElsewhere) {
  std::set<int> rounds;
  static int looks;
  const Report report = explore_all([&] {
    looks = 0;
    std::atomic<bool> is_ready{false};
    std::thread writer{[&] { is_ready.store(true); }};
    while (!is_ready.load()) {
      if (++looks == 6) break;
    }
    rounds.insert(looks);
    writer.join();
  });
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(rounds, (std::set<int>{0, 1, 2, 3, 4, 5, 6}));
}

// It has interleavings without end.
TEST(Await, OfALoopThatCountsForEverIsNotComplete) {
  const Report report = explore_all(
      [] {
        std::atomic<bool> is_ready{false};
        std::thread writer{[&] { is_ready.store(true); }};
        unsigned looks = 0;
        while (!is_ready.load()) ++looks;
        writer.join();
        check(looks < 1'000'000);
      },
      1'000);
  EXPECT_FALSE(report.complete) << report;
  EXPECT_THAT(report.findings, testing::IsEmpty());
}

TEST(Await, OfALockThatIsTriedIsComplete) {
  const Report report = explore_all([] {
    std::mutex mutex;
    int counter = 0;
    run_threads(3, [&](int) {
      while (!mutex.try_lock()) {
      }
      ++counter;
      mutex.unlock();
    });
    check(counter == 3);
  });
  EXPECT_TRUE(report.complete) << report;
  EXPECT_EQ(report.executions, 6u);
}

TEST(Await, OfALockThatIsNeverFreeIsFound) {
  const Report report = explore_all([] {
    std::mutex mutex;
    mutex.lock();
    std::thread other{[&] {
      while (!mutex.try_lock()) std::this_thread::yield();
      mutex.unlock();
    }};
    other.join();
    mutex.unlock();
  });
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, FindingKind::StepLimit);
}

TEST(Await, ThatSleepsIsComplete) {
  const Report report = explore_all([] {
    std::atomic<bool> is_ready{false};
    std::thread writer{[&] { is_ready.store(true); }};
    while (!is_ready.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    writer.join();
  });
  EXPECT_TRUE(report.complete) << report;
  EXPECT_LE(report.executions, 8u);
}

// How late it gets depends on how often it has slept.
TEST(Await, ThatSleepsIsNotCompleteWhereTimeIsHeeded) {
  const Report report = explore_all([] {
    std::atomic<bool> is_ready{false};
    std::thread writer{[&] { is_ready.store(true); }};
    while (!is_ready.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    static_cast<void>(std::chrono::steady_clock::now());
    writer.join();
  });
  EXPECT_FALSE(report.complete) << report;
  EXPECT_THAT(report.findings, testing::IsEmpty());
}

// Each of its rounds is seen by others, and there may be any number of them.
TEST(StepsOfAThread, BoundALoopThatHasNoEnd) {
  std::set<int> rounds;
  Options options;
  options.strategy = "exhaustive:10";
  options.jobs = 1;
  const Report report = explore(
      [&] {
        std::atomic<bool> is_over{false};
        std::atomic<int> count{0};
        std::thread counter{[&] {
          while (!is_over.load()) count.fetch_add(1);
        }};
        is_over.store(true);
        counter.join();
        rounds.insert(count.load());
      },
      options);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.limit, "steps");
  EXPECT_THAT(report.left_out, testing::HasSubstr("complete up to so many"));
  EXPECT_THAT(report.findings, testing::IsEmpty());
  // Its start, then two steps a round, and the look that ends it.
  EXPECT_EQ(rounds, (std::set<int>{0, 1, 2, 3, 4}));
  // One for each number of rounds, and one that is stopped.
  EXPECT_EQ(report.executions, 6u);
}

// One thread that is stopped must not hide what the others do.
TEST(StepsOfAThread, HideNoFailureOfOthers) {
  Options options;
  options.strategy = "exhaustive:6";
  options.jobs = 1;
  const Report report = explore(
      [] {
        std::atomic<int> data{0}, other{0}, noise{0};
        std::thread busy{[&] {
          for (int i = 0; i < 100; ++i) noise.fetch_add(1);
        }};
        std::thread writer{[&] {
          other.store(1);
          data.store(1);
        }};
        check(data.load() == 0, "seen");
        writer.join();
        busy.join();
      },
      options);
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_EQ(report.findings[0].kind, FindingKind::Assertion);
}

TEST(StepsOfAThread, MustBeSome) {
  Options options;
  options.strategy = "exhaustive:0";
  EXPECT_THROW(explore([] {}, options), UsageError);
}

// The lock of a list node in turn for each thread, as of Mellor-Crummey and Scott.
TEST(Await, OfOnesOwnNodeIsComplete) {
  const Report report = explore_all([] {
    struct Node {
      std::atomic<Node*> next{nullptr};
      std::atomic<bool> waits{false};
    };
    std::atomic<Node*> tail{nullptr};
    int counter = 0;
    run_threads(3, [&](int) {
      Node node;
      Node* before = tail.exchange(&node);
      if (before != nullptr) {
        node.waits.store(true);
        before->next.store(&node);
        while (node.waits.load()) {
        }
      }
      ++counter;
      Node* expected = &node;
      if (node.next.load() == nullptr && tail.compare_exchange_strong(expected, nullptr)) return;
      while (node.next.load() == nullptr) {
      }
      node.next.load()->waits.store(false);
    });
    check(counter == 3);
  });
  EXPECT_TRUE(report.complete) << report;
}

}  // namespace
}  // namespace raddle::exhaustive
