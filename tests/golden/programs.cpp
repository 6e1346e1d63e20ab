#include "tests/golden/programs.hpp"

#include <raddle/gtest.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace program {
namespace {

void in_two_threads(const std::function<void()>& one, const std::function<void()>& other) {
  std::thread a{one};
  std::thread b{other};
  a.join();
  b.join();
}

class Account {
 public:
  explicit Account(int balance) : balance_(balance) {}
  void withdraw(int amount) {
    if (balance_ >= amount) balance_ -= amount;
  }

 private:
  int balance_;
};

struct Purse {
  std::mutex mutex;
  int coins = 10;
};

void move_coin(Purse& from, Purse& to) {
  std::lock_guard lock_from{from.mutex};
  std::lock_guard lock_to{to.mutex};
  --from.coins;
  ++to.coins;
}

class Signal {
 public:
  void give() {
    given_ = true;
    condition_.notify_one();
  }
  void await() {
    std::unique_lock lock{mutex_};
    while (!given_) condition_.wait(lock);
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  std::atomic<bool> given_{false};
};

class Stock {
 public:
  int count() {
    std::lock_guard lock{mutex_};
    return count_;
  }
  void add() {
    std::lock_guard lock{mutex_};
    count_ = count() + 1;
  }

 private:
  std::mutex mutex_;
  int count_ = 0;
};

struct Node {
  int value = 1;
};

// In a library that is not instrumented; so that the report does not depend on how often
// a schedule is run again to look into it.
[[gnu::noinline, clang::no_sanitize("thread")]] int runs_so_far() {
  static int runs = 0;
  return ++runs;
}

[[gnu::noinline]] int depth(int level) {
  volatile int here = level;
  if (here < 0) return 0;
  return depth(here + 1) + here;
}

}  // namespace

void overdraws() {
  Account account{100};
  std::thread a{[&] { account.withdraw(80); }};
  std::thread b{[&] { account.withdraw(80); }};
  a.join();
  b.join();
}

void counts_in_locals() {
  bool first = false;
  bool second = false;
  in_two_threads([&] { first = second; }, [&] { second = true; });
}

void counts_a_thousand() {
  std::atomic<int> count{0};
  const auto work = [&] {
    for (int i = 0; i < 1000; ++i) count.store(count.load() + 1);
  };
  in_two_threads(work, work);
  EXPECT_EQ(count.load(), 2000);
}

void transfers_both_ways() {
  Purse alice, bob;
  in_two_threads([&] { move_coin(alice, bob); }, [&] { move_coin(bob, alice); });
}

void dines() {
  std::mutex forks[3];
  const auto eat = [&](int seat) {
    std::lock_guard left{forks[seat]};
    std::lock_guard right{forks[(seat + 1) % 3]};
  };
  std::thread a{eat, 0};
  std::thread b{eat, 1};
  std::thread c{eat, 2};
  a.join();
  b.join();
  c.join();
}

void notifies_too_early() {
  Signal signal;
  in_two_threads([&] { signal.await(); }, [&] { signal.give(); });
}

void forgets_its_promise() {
  std::promise<int> promise;
  std::future<int> answer = promise.get_future();
  std::thread worker{[&] { answer.get(); }};
  worker.join();
}

void locks_twice() {
  Stock stock;
  stock.add();
}

void unlocks_for_another() {
  std::mutex mutex;
  mutex.lock();
  std::thread{[&] { mutex.unlock(); }}.join();
}

void destroys_a_held_mutex() {
  auto purse = std::make_unique<Purse>();
  purse->mutex.lock();
  purse.reset();
}

void outlives_its_object() {
  auto node = std::make_unique<Node>();
  std::thread reader{[raw = node.get()] { ++raw->value; }};
  node.reset();
  reader.join();
}

void deletes_twice() {
  auto* node = new Node;
  in_two_threads([=] { delete node; }, [=] { delete node; });
}

void expects_too_much() {
  std::atomic<int> hits{0};
  const auto hit = [&] { hits.store(hits.load() + 1); };
  in_two_threads(hit, hit);
  EXPECT_EQ(hits.load(), 2) << "a hit was lost";
}

void throws_in_a_thread() {
  std::thread{[] { throw std::runtime_error("the disk is full"); }}.join();
}

void follows_a_null_pointer() {
  std::atomic<int*> number{nullptr};
  std::thread reader{[&] { *number.load() = 1; }};
  reader.join();
}

void recurses_for_ever() {
  std::thread{[] { depth(0); }}.join();
}

void spins_for_ever() {
  std::atomic<bool> stop{false};
  std::thread spinner{[&] {
    while (!stop.load()) std::this_thread::yield();
  }};
  spinner.join();
}

void reads_an_empty_pipe() {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::thread reader{[&] {
    char byte = 0;
    if (read(ends[0], &byte, 1) != 1) std::abort();
  }};
  reader.join();
}

void remembers_its_last_run() {
  std::thread{[] {}}.join();
  raddle::check(runs_so_far() != 5, "the fifth run fails");
}

}  // namespace program
