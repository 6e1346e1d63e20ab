// std::promise, std::future, std::shared_future, std::async and std::packaged_task.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using raddle::tests::expect_both_answers;

RADDLE_TEST(Future, BringsTheValue) {
  std::promise<std::string> promise;
  auto future = promise.get_future();
  std::thread giver{[&] { promise.set_value(std::string(40, 'f')); }};
  EXPECT_EQ(future.get().size(), 40u);
  giver.join();
}

RADDLE_TEST(Future, BringsTheException) {
  std::promise<int> promise;
  auto future = promise.get_future();
  std::thread giver{[&] {
    promise.set_exception(std::make_exception_ptr(std::runtime_error("from the thread")));
  }};
  try {
    future.get();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "from the thread");
  }
  giver.join();
}

RADDLE_TEST(Future, LearnsThatThePromiseWasBroken) {
  std::future<int> future;
  std::thread breaker;
  {
    auto promise = std::make_unique<std::promise<int>>();
    future = promise->get_future();
    breaker = std::thread{[promise = std::move(promise)] {}};
  }
  EXPECT_THROW(future.get(), std::future_error);
  breaker.join();
}

TEST(Future, ThatNobodyFulfilsDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                std::promise<int> promise;
                promise.get_future().wait();
              }),
              raddle::FindsDeadlock());
}

TEST(Future, DoesNotOrderWhatComesAfterTheValue) {
  EXPECT_THAT(raddle::explore([] {
                std::promise<void> promise;
                int shared = 0;
                std::thread giver{[&] {
                  promise.set_value();
                  shared = 1;
                }};
                promise.get_future().wait();
                shared = 2;
                giver.join();
              }),
              raddle::FindsRace());
}

bool wait_for_is_in_time() {
  std::promise<int> promise;
  auto future = promise.get_future();
  std::thread giver{[&] { promise.set_value(1); }};
  const auto status = future.wait_for(1ms);
  giver.join();
  return status == std::future_status::ready;
}
bool wait_until_is_in_time() {
  std::promise<int> promise;
  auto future = promise.get_future();
  std::thread giver{[&] { promise.set_value(1); }};
  const auto status = future.wait_until(std::chrono::system_clock::now() + 1ms);
  giver.join();
  return status == std::future_status::ready;
}

TEST(Future, WaitForIsInTimeOrTooLate) { expect_both_answers(wait_for_is_in_time); }
TEST(Future, WaitUntilIsInTimeOrTooLate) { expect_both_answers(wait_until_is_in_time); }

RADDLE_TEST(SharedFuture, BringsTheValueToAll) {
  std::promise<int> promise;
  std::shared_future<int> future = promise.get_future().share();
  auto use = [future] { EXPECT_EQ(future.get(), 42); };
  std::thread a{use}, b{use};
  promise.set_value(42);
  a.join();
  b.join();
}

RADDLE_TEST(Promise, IsKeptAtTheEndOfTheThread) {
  std::promise<int> promise;
  auto future = promise.get_future();
  std::thread giver{[&] { promise.set_value_at_thread_exit(42); }};
  EXPECT_EQ(future.get(), 42);
  giver.join();
}

RADDLE_TEST(PackagedTask, RunsElsewhere) {
  std::packaged_task<int(int)> task{[](int n) { return 2 * n; }};
  auto future = task.get_future();
  std::thread runner{std::move(task), 21};
  EXPECT_EQ(future.get(), 42);
  runner.join();
}

RADDLE_TEST(Async, RunsAThread) {
  auto a = std::async(std::launch::async, [] { return 20; });
  auto b = std::async(
      std::launch::async, [](int n) { return n; }, 22);
  EXPECT_EQ(a.get() + b.get(), 42);
}

RADDLE_TEST(Async, WaitsForItsThreadWhenTheFutureGoes) {
  int value = 0;
  {
    auto future = std::async(std::launch::async, [&] { value = 1; });
  }
  EXPECT_EQ(value, 1);
}

RADDLE_TEST(Async, ThrowsWhereItIsAsked) {
  auto future = std::async(std::launch::async, []() -> int { throw std::runtime_error("inside"); });
  EXPECT_THROW(future.get(), std::runtime_error);
}

RADDLE_TEST(Async, DeferredRunsInWhoAsks) {
  auto future = std::async(std::launch::deferred, [] { return std::this_thread::get_id(); });
  EXPECT_EQ(future.wait_for(0s), std::future_status::deferred);
  EXPECT_EQ(future.get(), std::this_thread::get_id());
}

TEST(Async, RacesWithItsCallerUntilItIsAsked) {
  EXPECT_THAT(raddle::explore([] {
                int value = 0;
                auto future = std::async(std::launch::async, [&] { value = 1; });
                value = 2;
                future.get();
              }),
              raddle::FindsRace());
}

}  // namespace
