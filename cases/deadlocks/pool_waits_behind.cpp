// A thread pool in which a task submits another one and waits for its result.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace raddle::cases {
namespace {

class Pool {
 public:
  explicit Pool(int workers) {
    for (int i = 0; i < workers; ++i) {
      workers_.emplace_back([this] {
        while (run_one(true)) {
        }
      });
    }
  }
  ~Pool() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  std::future<int> submit(std::function<int()> work) {
    std::packaged_task<int()> task{std::move(work)};
    std::future<int> result = task.get_future();
    {
      const std::lock_guard lock{mutex_};
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return result;
  }

  // Runs the oldest task. If there is none, waits for one or returns false.
  bool run_one(bool wait) {
    std::unique_lock lock{mutex_};
    if (wait) changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return false;
    std::packaged_task<int()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<int()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

int half() { return 21; }

void wait_inside(int workers) {
  Pool pool{workers};
  std::future<int> whole =
      pool.submit([&pool] { return pool.submit(half).get() + pool.submit(half).get(); });
  check(whole.get() == 42, "the sum is wrong");
}

void wait_on_one_worker() { wait_inside(1); }
void wait_on_two_workers() { wait_inside(2); }

void help_while_waiting() {
  Pool pool{1};
  std::future<int> whole = pool.submit([&pool] {
    std::future<int> part = pool.submit(half);
    while (part.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
      if (!pool.run_one(false)) break;
    }
    return part.get() + half();
  });
  check(whole.get() == 42, "the sum is wrong");
}

void wait_outside() {
  Pool pool{1};
  std::future<int> left = pool.submit(half), right = pool.submit(half);
  check(left.get() + right.get() == 42, "the sum is wrong");
}

}  // namespace

Case pool_waits_behind() {
  return {"pool_waits_behind",
          "a task waits for a task that is behind it in the queue of the only worker",
          {buggy("one_worker", wait_on_one_worker, FindingKind::Deadlock),
           fixed("two_workers", wait_on_two_workers),
           fixed("help_while_waiting", help_while_waiting), fixed("wait_outside", wait_outside)}};
}

}  // namespace raddle::cases
