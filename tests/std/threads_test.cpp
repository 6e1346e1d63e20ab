// std::thread, std::jthread and stop tokens, as a program uses them.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using raddle::tests::expect_both_answers;

RADDLE_TEST(Thread, HandsItsResultOverWhenJoined) {
  int sum = 0;
  std::string text;
  std::thread adder{[&](int a, int b) { sum = a + b; }, 2, 3};
  std::thread writer{[&](std::string given) { text = std::move(given); }, std::string(40, 'x')};
  adder.join();
  writer.join();
  EXPECT_EQ(sum, 5);
  EXPECT_EQ(text.size(), 40u);
}

RADDLE_TEST(Thread, HasAnIdentityOfItsOwn) {
  std::thread::id inside[3];
  std::vector<std::thread> threads;
  for (auto& id : inside) threads.emplace_back([&] { id = std::this_thread::get_id(); });
  std::set<std::thread::id> ids{std::this_thread::get_id()};
  for (int i = 0; i < 3; ++i) {
    const auto known = threads[static_cast<std::size_t>(i)].get_id();
    threads[static_cast<std::size_t>(i)].join();
    EXPECT_EQ(known, inside[i]);
    ids.insert(known);
  }
  EXPECT_EQ(ids.size(), 4u);
}

RADDLE_TEST(Thread, CanBeMovedAndSwapped) {
  int a = 0, b = 0;
  std::thread first{[&] { a = 1; }}, second{[&] { b = 1; }};
  swap(first, second);
  std::thread third{std::move(second)};
  EXPECT_FALSE(second.joinable());
  third.join();  // it was `first`
  EXPECT_EQ(a, 1);
  first.join();
  EXPECT_EQ(b, 1);
}

RADDLE_TEST(Thread, MayCreateOthers) {
  int depth = 0;
  std::thread outer{[&] {
    std::thread inner{[&] {
      std::thread innermost{[&] { ++depth; }};
      innermost.join();
      ++depth;
    }};
    inner.join();
    ++depth;
  }};
  outer.join();
  EXPECT_EQ(depth, 3);
}

RADDLE_TEST(Thread, MayOutliveItsHandle) {
  static std::atomic<bool> is_done;
  is_done = false;
  std::thread{[] { is_done = true; }}.detach();
  while (!is_done) std::this_thread::yield();
}

TEST(Thread, RacesWithItsCreatorUntilItIsJoined) {
  EXPECT_THAT(raddle::explore([] {
                int shared = 0;
                std::thread thread{[&] { shared = 1; }};
                EXPECT_GE(shared, 0);
                thread.join();
              }),
              raddle::FindsRace());
}

TEST(Thread, ThatIsNeverJoinedEndsTheProgram) {
  EXPECT_THAT(raddle::explore([] { std::thread thread{[] {}}; }), raddle::FindsCrash());
}

TEST(Thread, ThatThrowsIsAFinding) {
  EXPECT_THAT(raddle::explore([] {
                std::thread thread{[] { throw std::runtime_error("out of the thread"); }};
                thread.join();
              }),
              raddle::FindsException());
}

TEST(Thread, CannotJoinItself) {
  EXPECT_THAT(raddle::explore([] {
                static std::thread* self;
                std::mutex mutex;
                std::unique_lock lock{mutex};
                std::thread thread{[&] {
                  const std::lock_guard wait{mutex};
                  self->join();  // throws std::system_error: it would never return
                }};
                self = &thread;
                lock.unlock();
                thread.join();
              }),
              raddle::FindsException());
}

RADDLE_TEST(JThread, IsJoinedWhenItIsDestroyed) {
  int value = 0;
  {
    std::jthread thread{[&] { value = 1; }};
  }
  EXPECT_EQ(value, 1);
}

RADDLE_TEST(JThread, IsAskedToStop) {
  std::atomic<int> turns{0};
  std::jthread worker{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      ++turns;
      std::this_thread::yield();
    }
  }};
  while (turns == 0) std::this_thread::yield();
  EXPECT_TRUE(worker.request_stop());
  EXPECT_FALSE(worker.request_stop());
}

RADDLE_TEST(StopToken, RunsCallbacksOnceAndBeforeTheyAreDestroyed) {
  std::stop_source source;
  int calls = 0;
  std::thread asker{[&] { source.request_stop(); }};
  {
    std::stop_callback callback{source.get_token(), [&] { ++calls; }};
  }
  // Its destructor has waited for a callback that was running.
  EXPECT_LE(calls, 1);
  asker.join();
}

bool callback_runs() {
  std::stop_source source;
  std::atomic<bool> ran{false};
  std::thread asker{[&] { source.request_stop(); }};
  {
    std::stop_callback callback{source.get_token(), [&] { ran = true; }};
  }
  asker.join();
  return ran;
}

TEST(StopToken, CallbackComesInTimeOrTooLate) { expect_both_answers(callback_runs); }

RADDLE_TEST(StopToken, EndsAWait) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::jthread waiter{[&](std::stop_token stop) {
    std::unique_lock lock{mutex};
    EXPECT_FALSE(changed.wait(lock, stop, [] { return false; }));
  }};
}

RADDLE_TEST(StopToken, EndsATimedWait) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::jthread waiter{[&](std::stop_token stop) {
    std::unique_lock lock{mutex};
    EXPECT_FALSE(changed.wait_for(lock, stop, std::chrono::hours{1}, [] { return false; }));
  }};
}

}  // namespace
