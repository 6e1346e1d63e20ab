// Several threads, each with fibers of its own, and what they share.
#include "tests/fiber/exploration.hpp"

#include <boost/fiber/all.hpp>

#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace raddle::tests {
namespace {

using boost::fibers::fiber;
namespace this_fiber = boost::this_fiber;

TEST(ThreadsWithFibers, ShareAFiberMutex) {
  expect_clean([] {
    boost::fibers::mutex mutex;
    int counter = 0;
    const auto thread = [&] {
      const auto increment = [&] {
        const std::lock_guard lock{mutex};
        const int read = counter;
        this_fiber::yield();
        counter = read + 1;
      };
      fiber a{increment}, b{increment};
      a.join();
      b.join();
    };
    std::thread first{thread}, second{thread};
    first.join();
    second.join();
    check(counter == 4);
  });
}

TEST(ThreadsWithFibers, RaceWithoutOne) {
  EXPECT_THAT(explore_fibers([] {
                int counter = 0;
                const auto thread = [&] {
                  fiber a{[&] { ++counter; }};
                  a.join();
                };
                std::thread first{thread}, second{thread};
                first.join();
                second.join();
              }),
              FindsRace());
}

template <typename Channel>
void send_to_another_thread(Channel& channel) {
  int parcels[3] = {};
  int received = 0;
  std::thread sender{[&] {
    fiber sends{[&] {
      for (int i = 0; i < 3; ++i) {
        parcels[i] = i + 1;
        channel.push(i);
      }
      channel.close();
    }};
    sends.join();
  }};
  std::thread receiver{[&] {
    fiber receives{[&] {
      for (const int i : channel) received += parcels[i];
    }};
    receives.join();
  }};
  sender.join();
  receiver.join();
  check(received == 6);
}

TEST(ThreadsWithFibers, HandOverThroughABufferedChannel) {
  expect_clean([] {
    boost::fibers::buffered_channel<int> channel{2};
    send_to_another_thread(channel);
  });
}

TEST(ThreadsWithFibers, HandOverThroughAnUnbufferedChannel) {
  expect_clean([] {
    boost::fibers::unbuffered_channel<int> channel;
    send_to_another_thread(channel);
  });
}

TEST(ThreadsWithFibers, NotifyEachOther) {
  expect_clean([] {
    boost::fibers::mutex mutex;
    boost::fibers::condition_variable changed;
    bool is_set = false;
    std::thread waits{[&] {
      fiber waiting{[&] {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return is_set; });
      }};
      fiber other{[] { this_fiber::yield(); }};
      waiting.join();
      other.join();
    }};
    std::thread sets{[&] {
      {
        const std::lock_guard lock{mutex};
        is_set = true;
      }
      changed.notify_all();
    }};
    waits.join();
    sets.join();
  });
}

TEST(ThreadsWithFibers, LockInOppositeOrderAcrossThreads) {
  EXPECT_THAT(explore_fibers([] {
                boost::fibers::mutex first, second;
                std::thread a{[&] {
                  const std::lock_guard outer{first};
                  const std::lock_guard inner{second};
                }};
                std::thread b{[&] {
                  const std::lock_guard outer{second};
                  const std::lock_guard inner{first};
                }};
                a.join();
                b.join();
              }),
              FindsDeadlock());
}

TEST(ThreadsWithFibers, FulfilAPromiseForAnother) {
  expect_clean([] {
    boost::fibers::promise<int> promise;
    auto future = promise.get_future();
    int data = 0;
    std::thread gives{[&] {
      data = 1;
      promise.set_value(2);
    }};
    fiber takes{[&] { check(future.get() == 2 && data == 1); }};
    takes.join();
    gives.join();
  });
}

// A fiber woken by another thread competes with those that were ready before.
TEST(ThreadsWithFibers, WakeAFiberThatMayThenGoFirst) {
  std::set<std::string> orders;
  const Report report = explore_fibers(
      [&] {
        std::string order;
        boost::fibers::buffered_channel<int> channel{2};
        fiber woken{[&] {
          channel.value_pop();
          order += 'w';
        }};
        fiber busy{[&] {
          this_fiber::yield();
          order += 'b';
        }};
        std::thread wakes{[&] { channel.push(1); }};
        woken.join();
        busy.join();
        wakes.join();
        orders.insert(order);
      },
      "random", OnRace::Ignore);
  EXPECT_THAT(report, FindsNothing());
  EXPECT_EQ(orders, (std::set<std::string>{"wb", "bw"}));
}

}  // namespace
}  // namespace raddle::tests
