// std::condition_variable and std::condition_variable_any: every form of waiting.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

namespace {

using namespace std::chrono_literals;
using raddle::tests::expect_both_answers;

// A value that one thread hands to another.
template <class Condition, class Mutex>
struct Box {
  Mutex mutex;
  Condition filled;
  int value = 0;

  void put(int given) {
    {
      const std::lock_guard lock{mutex};
      value = given;
    }
    filled.notify_one();
  }
  auto is_full() {
    return [this] { return value != 0; };
  }
};

template <class Condition, class Mutex>
void hand_over() {
  Box<Condition, Mutex> box;
  std::thread giver{[&] { box.put(7); }};
  {
    std::unique_lock lock{box.mutex};
    while (box.value == 0) box.filled.wait(lock);
    EXPECT_EQ(box.value, 7);
  }
  giver.join();
}

RADDLE_TEST(ConditionVariable, HandsOver) { hand_over<std::condition_variable, std::mutex>(); }
RADDLE_TEST(ConditionVariableAny, HandsOver) {
  hand_over<std::condition_variable_any, std::mutex>();
}
RADDLE_TEST(ConditionVariableAny, WaitsUnderAnyLock) {
  hand_over<std::condition_variable_any, std::shared_mutex>();
}

RADDLE_TEST(ConditionVariable, NotifyAllWakesEverybody) {
  std::mutex mutex;
  std::condition_variable opened;
  bool is_open = false;
  int passed = 0;
  auto pass = [&] {
    std::unique_lock lock{mutex};
    opened.wait(lock, [&] { return is_open; });
    ++passed;
  };
  std::thread a{pass}, b{pass}, c{pass};
  {
    const std::lock_guard lock{mutex};
    is_open = true;
    opened.notify_all();
  }
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(passed, 3);
}

TEST(ConditionVariable, NotifyOneIsNotEnoughForTwo) {
  EXPECT_THAT(raddle::explore([] {
                std::mutex mutex;
                std::condition_variable opened;
                bool is_open = false;
                auto pass = [&] {
                  std::unique_lock lock{mutex};
                  opened.wait(lock, [&] { return is_open; });
                };
                std::thread a{pass}, b{pass};
                {
                  const std::lock_guard lock{mutex};
                  is_open = true;
                }
                opened.notify_one();
                a.join();
                b.join();
              }),
              raddle::FindsDeadlock());
}

TEST(ConditionVariable, NotifiedTooEarlyIsALostWakeup) {
  EXPECT_THAT(raddle::explore([] {
                std::mutex mutex;
                std::condition_variable called;
                std::thread caller{[&] { called.notify_one(); }};
                {
                  std::unique_lock lock{mutex};
                  called.wait(lock);
                }
                caller.join();
              }),
              raddle::FindsLostWakeup());
}

bool wait_for_is_in_time() {
  Box<std::condition_variable, std::mutex> box;
  std::thread giver{[&] { box.put(1); }};
  bool in_time;
  {
    std::unique_lock lock{box.mutex};
    in_time = box.filled.wait_for(lock, 10ms, box.is_full());
  }
  giver.join();
  return in_time;
}
bool wait_for_without_predicate_is_in_time() {
  Box<std::condition_variable, std::mutex> box;
  std::thread giver{[&] { box.put(1); }};
  std::cv_status status;
  {
    std::unique_lock lock{box.mutex};
    status = box.filled.wait_for(lock, 10ms);
  }
  giver.join();
  return status == std::cv_status::no_timeout;
}
template <class Clock>
bool wait_until_is_in_time() {
  Box<std::condition_variable, std::mutex> box;
  std::thread giver{[&] { box.put(1); }};
  bool in_time;
  {
    std::unique_lock lock{box.mutex};
    in_time = box.filled.wait_until(lock, Clock::now() + 10ms, box.is_full());
  }
  giver.join();
  return in_time;
}
bool wait_any_for_is_in_time() {
  Box<std::condition_variable_any, std::shared_mutex> box;
  std::thread giver{[&] { box.put(1); }};
  bool in_time;
  {
    std::unique_lock lock{box.mutex};
    in_time = box.filled.wait_for(lock, 10ms, box.is_full());
  }
  giver.join();
  return in_time;
}
bool wait_any_until_is_in_time() {
  Box<std::condition_variable_any, std::mutex> box;
  std::thread giver{[&] { box.put(1); }};
  bool in_time;
  {
    std::unique_lock lock{box.mutex};
    in_time = box.filled.wait_until(lock, std::chrono::system_clock::now() + 10ms, box.is_full());
  }
  giver.join();
  return in_time;
}

TEST(ConditionVariable, WaitForIsInTimeOrTooLate) { expect_both_answers(wait_for_is_in_time); }
TEST(ConditionVariable, BareWaitForIsInTimeOrTooLate) {
  expect_both_answers(wait_for_without_predicate_is_in_time);
}
TEST(ConditionVariable, WaitUntilASteadyTimeIsInTimeOrTooLate) {
  expect_both_answers(wait_until_is_in_time<std::chrono::steady_clock>);
}
TEST(ConditionVariable, WaitUntilASystemTimeIsInTimeOrTooLate) {
  expect_both_answers(wait_until_is_in_time<std::chrono::system_clock>);
}
TEST(ConditionVariableAny, WaitForIsInTimeOrTooLate) {
  expect_both_answers(wait_any_for_is_in_time);
}
TEST(ConditionVariableAny, WaitUntilIsInTimeOrTooLate) {
  expect_both_answers(wait_any_until_is_in_time);
}

RADDLE_TEST(ConditionVariable, ATimeoutPassesOnTheVirtualClock) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(never.wait_for(lock, 1h), std::cv_status::timeout);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 1h);
}

RADDLE_TEST(ConditionVariable, WaitsForTheEndOfAThreadThatNotifiesAtItsExit) {
  std::mutex mutex;
  std::condition_variable ended;
  bool is_ready = false;
  std::thread thread{[&] {
    std::unique_lock lock{mutex};
    is_ready = true;
    std::notify_all_at_thread_exit(ended, std::move(lock));
  }};
  {
    std::unique_lock lock{mutex};
    ended.wait(lock, [&] { return is_ready; });
  }
  thread.join();
}

}  // namespace
