// Includes Relacy, which defines macros for half of the standard library, `delete` among
// them: whatever else is included comes before it.
#include "bench/programs.hpp"

// clang-format off
#include <fstream>
#include <relacy/relacy.hpp>
// clang-format on

namespace raddle::bench {
namespace {

struct Counter : rl::test_suite<Counter, 2> {
  rl::atomic<int> value;
  void before() { value($) = 0; }
  void thread(unsigned) {
    const int seen = value($).load(rl::mo_acquire);
    value($).store(seen + 1, rl::mo_release);
  }
  void after() { RL_ASSERT(value($).load() >= 1); }
};

struct StoreBuffering : rl::test_suite<StoreBuffering, 2> {
  rl::atomic<int> x, y;
  rl::var<int> seen_x, seen_y;
  void before() {
    x($) = 0;
    y($) = 0;
  }
  void thread(unsigned index) {
    if (index == 0) {
      x($).store(1);
      seen_y($) = y($).load();
    } else {
      y($).store(1);
      seen_x($) = x($).load();
    }
  }
  void after() { RL_ASSERT(seen_x($) + seen_y($) >= 1); }
};

struct MutexCounter : rl::test_suite<MutexCounter, 3> {
  rl::mutex mutex;
  rl::var<int> value;
  void before() { value($) = 0; }
  void thread(unsigned) {
    for (int i = 0; i < 3; ++i) {
      mutex.lock($);
      value($) = value($) + 1;
      mutex.unlock($);
    }
  }
  void after() { RL_ASSERT(value($) == 9); }
};

struct Node {
  rl::var<Node*> next;
  rl::var<int> value;
};

struct TreiberStack : rl::test_suite<TreiberStack, 2> {
  rl::atomic<Node*> top;
  Node nodes[6];
  void before() { top($) = nullptr; }
  void push(Node* node) {
    Node* seen = top($).load(rl::mo_relaxed);
    do {
      node->next($) = seen;
    } while (!top($).compare_exchange_weak(seen, node, rl::mo_release, rl::mo_relaxed));
  }
  Node* pop() {
    Node* seen = top($).load(rl::mo_acquire);
    while (seen != nullptr &&
           !top($).compare_exchange_weak(seen, seen->next($), rl::mo_acquire, rl::mo_acquire)) {
    }
    return seen;
  }
  void thread(unsigned index) {
    for (unsigned i = 0; i < 3; ++i) {
      nodes[index * 3 + i].value($) = static_cast<int>(i);
      push(&nodes[index * 3 + i]);
      RL_ASSERT(pop() != nullptr);
    }
  }
  void after() { RL_ASSERT(pop() == nullptr); }
};

template <unsigned Rounds>
struct LoadThenStore : rl::test_suite<LoadThenStore<Rounds>, 2> {
  rl::atomic<int> counter;
  void before() { counter($) = 0; }
  void thread(unsigned) {
    for (unsigned k = 0; k < Rounds; ++k) {
      const int seen = counter($).load();
      counter($).store(seen + 1);
    }
  }
};

struct FetchAdd : rl::test_suite<FetchAdd, 3> {
  rl::atomic<int> counter;
  void before() { counter($) = 0; }
  void thread(unsigned) {
    for (unsigned k = 0; k < 2; ++k) counter($).fetch_add(1);
  }
  void after() { RL_ASSERT(counter($).load() == 6); }
};

template <typename Test>
void simulate_quietly(rl::test_params& params) {
  static std::ofstream nowhere{"/dev/null"};
  params.output_stream = &nowhere;
  params.progress_stream = &nowhere;
  if (!rl::simulate<Test>(params)) throw std::logic_error("Relacy found a bug in a benchmark");
}

template <typename Test>
void explore(std::uint64_t executions) {
  rl::test_params params;
  params.iteration_count = executions;
  params.search_type = rl::random_scheduler_type;
  simulate_quietly<Test>(params);
}

template <typename Test>
std::uint64_t search() {
  rl::test_params params;
  params.search_type = rl::fair_full_search_scheduler_type;
  simulate_quietly<Test>(params);
  return params.stop_iteration;
}

}  // namespace

void relacy_counter(std::uint64_t executions) { explore<Counter>(executions); }
void relacy_store_buffering(std::uint64_t executions) { explore<StoreBuffering>(executions); }
void relacy_mutex_counter(std::uint64_t executions) { explore<MutexCounter>(executions); }
void relacy_treiber_stack(std::uint64_t executions) { explore<TreiberStack>(executions); }

std::uint64_t relacy_search_load_then_store_1() { return search<LoadThenStore<1>>(); }
std::uint64_t relacy_search_load_then_store_2() { return search<LoadThenStore<2>>(); }
std::uint64_t relacy_search_load_then_store_3() { return search<LoadThenStore<3>>(); }
std::uint64_t relacy_search_fetch_add() { return search<FetchAdd>(); }

}  // namespace raddle::bench
