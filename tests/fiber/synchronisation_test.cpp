// Boost.Fiber's mutexes, conditions, barriers, channels and futures: right use is clean, wrong
// use is found and named.
#include "tests/fiber/exploration.hpp"

#include <boost/fiber/all.hpp>

#include <chrono>
#include <mutex>
#include <set>

namespace raddle::tests {
namespace {

using boost::fibers::fiber;
namespace this_fiber = boost::this_fiber;
using namespace std::chrono_literals;

template <typename Mutex>
class FiberMutex : public testing::Test {};
using Mutexes = testing::Types<boost::fibers::mutex, boost::fibers::recursive_mutex,
                               boost::fibers::timed_mutex, boost::fibers::recursive_timed_mutex>;
TYPED_TEST_SUITE(FiberMutex, Mutexes);

TYPED_TEST(FiberMutex, OrdersWhatItGuards) {
  expect_clean([] {
    TypeParam mutex;
    int counter = 0;
    const auto increment = [&] {
      const std::lock_guard lock{mutex};
      const int read = counter;
      this_fiber::yield();
      counter = read + 1;
    };
    fiber a{increment}, b{increment}, c{increment};
    a.join();
    b.join();
    c.join();
    check(counter == 3);
  });
}

TYPED_TEST(FiberMutex, OrdersNothingElse) {
  EXPECT_THAT(explore_fibers([] {
                TypeParam mutex;
                int counter = 0;
                const auto increment = [&] {
                  mutex.lock();
                  mutex.unlock();
                  ++counter;
                };
                fiber a{increment}, b{increment};
                a.join();
                b.join();
              }),
              FindsRace());
}

TYPED_TEST(FiberMutex, IsTriedWithSuccessOrWithout) {
  std::set<bool> results;
  EXPECT_THAT(explore_fibers([&] {
                TypeParam mutex;
                fiber holds{[&] {
                  const std::lock_guard lock{mutex};
                  this_fiber::yield();
                }};
                fiber tries{[&] {
                  const bool is_taken = mutex.try_lock();
                  results.insert(is_taken);
                  if (is_taken) mutex.unlock();
                }};
                holds.join();
                tries.join();
              }),
              FindsNothing());
  EXPECT_EQ(results.size(), 2u);
}

TYPED_TEST(FiberMutex, TakenInOppositeOrderIsADeadlock) {
  const Report report = explore_fibers([] {
    TypeParam first, second;
    fiber a{[&] {
      const std::lock_guard outer{first};
      this_fiber::yield();
      const std::lock_guard inner{second};
    }};
    fiber b{[&] {
      const std::lock_guard outer{second};
      this_fiber::yield();
      const std::lock_guard inner{first};
    }};
    a.join();
    b.join();
  });
  ASSERT_THAT(report, FindsDeadlock());
  EXPECT_THAT(report.findings[0].summary, testing::HasSubstr("F1 and F2 wait for each other"));
}

TEST(FiberTimedMutex, GivesUpOrNot) {
  std::set<bool> results;
  EXPECT_THAT(explore_fibers([&] {
                boost::fibers::timed_mutex mutex;
                fiber holds{[&] {
                  const std::lock_guard lock{mutex};
                  this_fiber::yield();
                  this_fiber::yield();
                }};
                fiber tries{[&] {
                  const bool is_taken = mutex.try_lock_for(1ms);
                  results.insert(is_taken);
                  if (is_taken) mutex.unlock();
                }};
                holds.join();
                tries.join();
              }),
              FindsNothing());
  EXPECT_EQ(results.size(), 2u);
}

TEST(FiberMutex, OfTheThreadsKindStopsAllFibersOfTheThread) {
  // A std::mutex blocks the thread: the fiber that has it can never come back to unlock it.
  const Report report = explore_fibers([] {
    std::mutex mutex;
    const auto work = [&] {
      const std::lock_guard lock{mutex};
      this_fiber::yield();
    };
    fiber a{work}, b{work};
    a.join();
    b.join();
  });
  ASSERT_THAT(report, FindsDeadlock());
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("waits for its turn on the thread"));
}

TEST(FiberMutex, UnlockedByAnotherFiberIsMisuse) {
  EXPECT_THAT(explore_fibers([] {
                boost::fibers::mutex mutex;
                mutex.lock();
                fiber other{[&] { mutex.unlock(); }};
                other.join();
              }),
              FindsMutexMisuse());
}

TEST(FiberCondition, HandsOver) {
  expect_clean([] {
    boost::fibers::mutex mutex;
    boost::fibers::condition_variable changed;
    bool is_ready = false;
    int value = 0;
    fiber consumer{[&] {
      std::unique_lock lock{mutex};
      changed.wait(lock, [&] { return is_ready; });
      check(value == 1);
    }};
    fiber producer{[&] {
      value = 1;
      {
        const std::lock_guard lock{mutex};
        is_ready = true;
      }
      changed.notify_one();
    }};
    consumer.join();
    producer.join();
  });
}

TEST(FiberCondition, NotifiedTooEarlyIsALostWakeup) {
  const Report report = explore_fibers([] {
    boost::fibers::mutex mutex;
    boost::fibers::condition_variable changed;
    fiber sleeper{[&] {
      std::unique_lock lock{mutex};
      changed.wait(lock);
    }};
    fiber notifier{[&] { changed.notify_one(); }};
    sleeper.join();
    notifier.join();
  });
  ASSERT_THAT(report, FindsLostWakeup());
  EXPECT_THAT(report.findings[0].summary, testing::HasSubstr("changed"));
}

TEST(FiberCondition, OrdersNothingByItself) {
  EXPECT_THAT(explore_fibers([] {
                boost::fibers::mutex mutex;
                boost::fibers::condition_variable_any changed;
                int value = 0;
                fiber sleeper{[&] {
                  std::unique_lock lock{mutex};
                  changed.wait_for(lock, 1s);
                  check(value >= 0);
                }};
                fiber notifier{[&] {
                  value = 1;
                  changed.notify_all();
                }};
                sleeper.join();
                notifier.join();
              }),
              FindsRace());
}

TEST(FiberCondition, TimesOutOrIsNotified) {
  std::set<bool> results;
  EXPECT_THAT(explore_fibers([&] {
                boost::fibers::mutex mutex;
                boost::fibers::condition_variable changed;
                fiber sleeper{[&] {
                  std::unique_lock lock{mutex};
                  results.insert(changed.wait_for(lock, 1ms) == boost::fibers::cv_status::timeout);
                }};
                fiber notifier{[&] { changed.notify_one(); }};
                sleeper.join();
                notifier.join();
              }),
              FindsNothing());
  EXPECT_EQ(results.size(), 2u);
}

TEST(FiberBarrier, OrdersWhatCameBeforeIt) {
  expect_clean([] {
    boost::fibers::barrier barrier{3};
    int slots[3] = {};
    const auto work = [&](std::size_t own) {
      slots[own] = 1;
      barrier.wait();
      check(slots[0] + slots[1] + slots[2] == 3);
    };
    fiber a{[&] { work(0); }}, b{[&] { work(1); }}, c{[&] { work(2); }};
    a.join();
    b.join();
    c.join();
  });
}

template <typename Channel>
void hand_over(Channel& channel) {
  struct Parcel {
    int content = 0;
  };
  Parcel parcels[3];
  int received = 0;
  fiber sender{[&] {
    for (int i = 0; i < 3; ++i) {
      parcels[i].content = i + 1;
      channel.push(i);
    }
    channel.close();
  }};
  fiber receiver{[&] {
    for (const int i : channel) received += parcels[i].content;
  }};
  sender.join();
  receiver.join();
  check(received == 6);
}

TEST(FiberChannel, BufferedHandsOver) {
  expect_clean([] {
    boost::fibers::buffered_channel<int> channel{2};
    hand_over(channel);
  });
}

TEST(FiberChannel, UnbufferedHandsOver) {
  expect_clean([] {
    boost::fibers::unbuffered_channel<int> channel;
    hand_over(channel);
  });
}

TEST(FiberChannel, WhatIsChangedAfterItWasSentIsARace) {
  EXPECT_THAT(explore_fibers([] {
                boost::fibers::buffered_channel<int*> channel{2};
                int parcel = 0;
                fiber sender{[&] {
                  channel.push(&parcel);
                  parcel = 2;
                }};
                fiber receiver{[&] { check(*channel.value_pop() >= 0); }};
                sender.join();
                receiver.join();
              }),
              FindsRace());
}

TEST(FiberChannel, ThatNobodyClosesIsADeadlock) {
  const Report report = explore_fibers([] {
    boost::fibers::buffered_channel<int> orders{2};
    fiber receiver{[&] {
      for (const int order : orders) check(order == 1);
    }};
    orders.push(1);
    receiver.join();
  });
  ASSERT_THAT(report, FindsDeadlock());
  EXPECT_THAT(report.findings[0].summary, testing::HasSubstr("orders"));
}

TEST(FiberChannel, PopsInTimeOrNot) {
  std::set<boost::fibers::channel_op_status> results;
  EXPECT_THAT(explore_fibers([&] {
                boost::fibers::unbuffered_channel<int> channel;
                fiber sender{[&] { channel.push_wait_for(1, 1ms); }};
                fiber receiver{[&] {
                  int value = 0;
                  results.insert(channel.pop_wait_for(value, 1ms));
                }};
                sender.join();
                receiver.join();
              }),
              FindsNothing());
  EXPECT_TRUE(results.contains(boost::fibers::channel_op_status::success));
  EXPECT_TRUE(results.contains(boost::fibers::channel_op_status::timeout));
}

TEST(FiberFuture, CarriesAValueAndWhatCameBefore) {
  expect_clean([] {
    int data = 0;
    auto future = boost::fibers::async([&] {
      data = 1;
      this_fiber::yield();
      return 2;
    });
    check(future.get() == 2 && data == 1);
    boost::fibers::promise<int> promise;
    auto answer = promise.get_future();
    fiber giver{[&] {
      data = 3;
      promise.set_value(4);
    }};
    check(answer.get() == 4 && data == 3);
    giver.join();
    boost::fibers::packaged_task<int()> task{[] { return 5; }};
    auto result = task.get_future();
    fiber worker{std::move(task)};
    check(result.get() == 5);
    worker.join();
  });
}

TEST(FiberFuture, ThatNobodyFulfilsIsADeadlock) {
  EXPECT_THAT(explore_fibers([] {
                boost::fibers::promise<int> promise;
                fiber reader{[&] { promise.get_future().get(); }};
                reader.join();
              }),
              FindsDeadlock());
}

TEST(FiberSleep, TakesVirtualTimeAndOrdersNothing) {
  expect_clean([] {
    const auto before = std::chrono::steady_clock::now();
    fiber a{[] { this_fiber::sleep_for(1h); }}, b{[] { this_fiber::sleep_for(2h); }};
    a.join();
    b.join();
    check(std::chrono::steady_clock::now() - before >= 2h);
  });
  EXPECT_THAT(explore_fibers([] {
                int value = 0;
                fiber late{[&] {
                  this_fiber::sleep_for(1h);
                  value = 1;
                }};
                fiber early{[&] { value = 2; }};
                late.join();
                early.join();
              }),
              FindsRace());
}

}  // namespace
}  // namespace raddle::tests
