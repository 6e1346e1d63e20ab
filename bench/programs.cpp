#include "bench/programs.hpp"

#include <raddle/raddle.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace raddle::bench {

void counter() {
  std::atomic<int> value{0};
  const auto increment = [&] {
    const int seen = value.load(std::memory_order_acquire);
    value.store(seen + 1, std::memory_order_release);
  };
  std::thread a{increment}, b{increment};
  a.join();
  b.join();
  check(value.load() >= 1);
}

void store_buffering() {
  std::atomic<int> x{0}, y{0};
  int seen_x = 0, seen_y = 0;
  std::thread a{[&] {
    x.store(1);
    seen_y = y.load();
  }};
  std::thread b{[&] {
    y.store(1);
    seen_x = x.load();
  }};
  a.join();
  b.join();
  check(seen_x + seen_y >= 1);
}

void mutex_counter() {
  std::mutex mutex;
  int value = 0;
  const auto work = [&] {
    for (int i = 0; i < 3; ++i) {
      std::lock_guard lock{mutex};
      ++value;
    }
  };
  std::thread a{work}, b{work}, c{work};
  a.join();
  b.join();
  c.join();
  check(value == 9);
}

namespace {

// Nodes are not given back while the stack is in use: no ABA.
struct Node {
  Node* next = nullptr;
  int value = 0;
};

class Stack {
 public:
  void push(Node* node) {
    Node* top = top_.load(std::memory_order_relaxed);
    do {
      node->next = top;
    } while (!top_.compare_exchange_weak(top, node, std::memory_order_release,
                                         std::memory_order_relaxed));
  }
  Node* pop() {
    Node* top = top_.load(std::memory_order_acquire);
    while (top != nullptr &&
           !top_.compare_exchange_weak(top, top->next, std::memory_order_acquire)) {
    }
    return top;
  }

 private:
  std::atomic<Node*> top_{nullptr};
};

}  // namespace

void treiber_stack() {
  Stack stack;
  Node nodes[6];
  const auto work = [&](int from) {
    for (int i = 0; i < 3; ++i) {
      nodes[from + i].value = i;
      stack.push(&nodes[from + i]);
      check(stack.pop() != nullptr);
    }
  };
  std::thread a{work, 0}, b{work, 3};
  a.join();
  b.join();
  check(stack.pop() == nullptr);
}

void empty() {}

void plain_accesses() {
  static volatile int value;  // volatile: each one is made
  for (std::uint64_t i = 0; i < kOperations / 2; ++i) value = value + 1;
}

void atomic_accesses() {
  static std::atomic<int> value;
  for (std::uint64_t i = 0; i < kOperations; ++i) value.fetch_add(1);
}

void locks() {
  std::mutex mutex;
  for (std::uint64_t i = 0; i < kOperations; ++i) std::lock_guard lock{mutex};
}

void two_threads() {
  std::thread a{[] {}}, b{[] {}};
  a.join();
  b.join();
}

}  // namespace raddle::bench
