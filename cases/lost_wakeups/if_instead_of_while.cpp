// A store from which two customers take one item each as it is delivered.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <thread>

namespace raddle::cases {
namespace {

class MutexStore {
 public:
  void deliver() {
    {
      const std::lock_guard lock{mutex_};
      ++items_;
    }
    delivered_.notify_one();
  }
  int items() {
    const std::lock_guard lock{mutex_};
    return items_;
  }

 protected:
  std::mutex mutex_;
  std::condition_variable delivered_;
  int items_ = 0;
};

// Between the notify and the wake-up, a customer who just came in can take the item.
class IfStore : public MutexStore {
 public:
  int take() {
    std::unique_lock lock{mutex_};
    if (items_ == 0) delivered_.wait(lock);
    return --items_;
  }
};

class WhileStore : public MutexStore {
 public:
  int take() {
    std::unique_lock lock{mutex_};
    while (items_ == 0) delivered_.wait(lock);
    return --items_;
  }
};

class PredicateStore : public MutexStore {
 public:
  int take() {
    std::unique_lock lock{mutex_};
    delivered_.wait(lock, [this] { return items_ > 0; });
    return --items_;
  }
};

template <class Store>
void shop() {
  Store store;
  int left_by_a = 0, left_by_b = 0;
  std::thread a{[&] { left_by_a = store.take(); }};
  std::thread b{[&] { left_by_b = store.take(); }};
  store.deliver();
  store.deliver();
  a.join();
  b.join();
  check(left_by_a >= 0 && left_by_b >= 0, "an item was taken that was not there");
  check(store.items() == 0, "an item is left over");
}

}  // namespace

Case if_instead_of_while() {
  return {"if_instead_of_while",
          "a woken waiter does not look again",
          {buggy("if", shop<IfStore>, FindingKind::Assertion), fixed("while", shop<WhileStore>),
           fixed("predicate", shop<PredicateStore>)}};
}

}  // namespace raddle::cases
