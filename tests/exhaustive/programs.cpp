#include "tests/exhaustive/programs.hpp"

#include <raddle/raddle.hpp>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace raddle::exhaustive {
namespace {

// Runs body(0) ... body(count - 1), each in a thread of its own.
template <class Body>
void run_threads(int count, const Body& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&body, i] { body(i); });
  }
  for (std::thread& thread : threads) thread.join();
}

// One operation in every case: a failed one is a load.
bool replace(std::atomic<int>& object, int expected, int desired) {
  return object.compare_exchange_strong(expected, desired);
}

// The value is used, as far as the compiler knows.
void use(int value) { asm volatile("" : : "r"(value)); }

}  // namespace

void store_buffering(int threads) {
  std::atomic<int> flags[kThreadsMax]{};
  run_threads(threads, [&](int i) {
    flags[i].store(1);
    use(flags[(i + 1) % threads].load());
  });
}

void load_then_store(int threads, int rounds) {
  std::atomic<int> counter{0};
  run_threads(threads, [&](int) {
    for (int k = 0; k < rounds; ++k) {
      const int seen = counter.load();
      counter.store(seen + 1);
    }
  });
}

void fetch_add(int threads, int rounds) {
  std::atomic<int> counter{0};
  run_threads(threads, [&](int) {
    for (int k = 0; k < rounds; ++k) counter.fetch_add(1);
  });
  check(counter.load() == threads * rounds);
}

void compare_exchange(int threads, int rounds) {
  std::atomic<int> counter{0};
  run_threads(threads, [&](int) {
    for (int k = 0; k < rounds; ++k) {
      for (;;) {
        const int seen = counter.load();
        if (replace(counter, seen, seen + 1)) break;
      }
    }
  });
  check(counter.load() == threads * rounds);
}

void fibonacci(int rounds) {
  std::atomic<int> numbers[2]{1, 1};
  run_threads(2, [&](int i) {
    std::atomic<int>& own = numbers[i];
    std::atomic<int>& other = numbers[1 - i];
    for (int k = 0; k < rounds; ++k) {
      const int first = own.load();
      const int second = other.load();
      own.store(first + second);
    }
  });
}

void one_writer(int readers) {
  std::atomic<int> object{0};
  run_threads(readers + 1, [&](int i) {
    if (i == 0) {
      object.store(1);
    } else {
      use(object.load());
    }
  });
}

void many_writers(int writers) {
  std::atomic<int> object{0};
  run_threads(writers + 1, [&](int i) {
    if (i < writers) {
      object.store(i);
    } else {
      use(object.load());
    }
  });
}

void store_and_exchange(int expected) {
  std::atomic<int> object{0};
  run_threads(4, [&](int i) {
    switch (i) {
      case 0: return object.store(2);
      case 3: replace(object, expected, 3); return;
      default: return use(object.load());
    }
  });
}

void last_zero(int writers) {
  std::atomic<int> numbers[kThreadsMax]{};
  run_threads(writers + 1, [&](int i) {
    if (i == 0) {
      int last = writers;
      while (numbers[last].load() != 0) --last;
    } else {
      const int left = numbers[i - 1].load();
      numbers[i].store(left + 1);
    }
  });
}

void writers_in_order() {
  std::atomic<int> x{0}, y{0}, z{0}, w{0};
  const auto read = [](const auto&... objects) { (use(objects->load()), ...); };
  const auto write = [](std::atomic<int>& first, std::atomic<int>& second) {
    for (int value = 1; value <= 3; ++value) {
      first.store(value);
      second.store(value);
    }
  };
  run_threads(4, [&](int i) {
    switch (i) {
      case 0: return read(&x, &y, &z, &w, &x, &y, &z);
      case 1: return read(&x, &y, &z);
      case 2: return write(x, y);
      default: return write(z, w);
    }
  });
}

void hash_table(int threads) {
  constexpr int kSlots = 128;
  std::atomic<int> table[kSlots]{};
  run_threads(threads, [&](int i) {
    for (int k = 0; k < 4; ++k) {
      const int key = k * 11 + i;
      int slot = key * 7 % kSlots;
      while (!replace(table[slot], 0, key)) slot = (slot + 1) % kSlots;
    }
  });
}

void treiber_stack(int threads, int rounds, bool pops) {
  // Nodes are numbers; 0 is none.
  std::atomic<int> next[kThreadsMax * kRoundsMax + 1]{};
  std::atomic<int> top{0};
  const auto push = [&](int node) {
    for (;;) {
      const int old = top.load();
      next[node].store(old);
      if (replace(top, old, node)) return;
    }
  };
  const auto pop = [&] {
    for (;;) {
      const int old = top.load();
      if (old == 0) return;
      const int below = next[old].load();
      if (replace(top, old, below)) return;
    }
  };
  run_threads(threads, [&](int i) {
    for (int k = 0; k < rounds; ++k) push(1 + i * rounds + k);
    if (pops) pop();
  });
}

void michael_scott_queue(int threads) {
  // Nodes are numbers; 0 is none, 1 the one that the empty queue has.
  std::atomic<int> next[kThreadsMax + 2]{};
  std::atomic<int> tail{1};
  const auto enqueue = [&](int node) {
    for (;;) {
      const int last = tail.load();
      const int after = next[last].load();
      if (last != tail.load()) continue;
      if (after != 0) {
        replace(tail, last, after);
      } else if (replace(next[last], 0, node)) {
        replace(tail, last, node);
        return;
      }
    }
  };
  run_threads(threads, [&](int i) { enqueue(i + 2); });
}

void chase_lev_deque(int threads, int rounds) {
  constexpr int kItems = 16;
  std::atomic<int> top{0}, bottom{0}, items[kItems]{};
  const auto push = [&](int item) {
    const int end = bottom.load();
    items[end % kItems].store(item);
    bottom.store(end + 1);
  };
  const auto pop = [&] {
    const int last = bottom.load() - 1;
    bottom.store(last);
    const int first = top.load();
    if (first > last) return bottom.store(last + 1);
    use(items[last % kItems].load());
    if (first == last) {
      replace(top, first, first + 1);
      bottom.store(last + 1);
    }
  };
  const auto steal = [&] {
    const int first = top.load();
    const int end = bottom.load();
    if (first >= end) return;
    use(items[first % kItems].load());
    replace(top, first, first + 1);
  };
  run_threads(threads, [&](int i) {
    if (i > 0) return steal();
    for (int k = 0; k < rounds; ++k) push(k + 1);
    for (int k = 0; k < rounds; ++k) pop();
  });
}

void mutex_counter(int threads, int rounds) {
  std::mutex mutex;
  int counter = 0;
  run_threads(threads, [&](int) {
    for (int k = 0; k < rounds; ++k) {
      const std::lock_guard lock{mutex};
      ++counter;
    }
  });
  check(counter == threads * rounds);
}

void two_mutexes(int threads, int rounds) {
  std::mutex mutexes[2];
  int counters[2]{};
  const auto count = [&](int which) {
    const std::lock_guard lock{mutexes[which]};
    ++counters[which];
  };
  run_threads(threads, [&](int i) {
    for (int k = 0; k < rounds; ++k) count(i % 2);
    count(0);
  });
}

void philosophers(int threads) {
  std::mutex forks[kThreadsMax];
  int meals[kThreadsMax]{};
  run_threads(threads, [&](int i) {
    int left = i;
    int right = (i + 1) % threads;
    if (left > right) std::swap(left, right);
    const std::lock_guard first{forks[left]};
    const std::lock_guard second{forks[right]};
    ++meals[i];
  });
}

void sequence_lock(int threads, int rounds) {
  std::atomic<int> sequence{0}, first{0}, second{0};
  const auto write = [&] {
    for (int k = 0; k < rounds; ++k) {
      const int before = sequence.load();
      sequence.store(before + 1);
      first.store(k + 1);
      second.store(k + 1);
      sequence.store(before + 2);
    }
  };
  const auto read = [&] {
    const int before = sequence.load();
    const int one = first.load();
    const int other = second.load();
    const int after = sequence.load();
    if (before == after && before % 2 == 0) check(one == other);
  };
  run_threads(threads, [&](int i) {
    if (i == 0) {
      write();
    } else {
      read();
    }
  });
}

void reader_writer_counter(int threads) {
  constexpr int kFree = 1000;
  std::atomic<int> left{kFree};
  int data = 0;
  const auto write = [&] {
    if (left.fetch_sub(kFree) == kFree) data = 1;
    left.fetch_add(kFree);
  };
  const auto read = [&] {
    if (left.fetch_sub(1) > 0) use(data);
    left.fetch_add(1);
  };
  run_threads(threads, [&](int i) {
    if (i == 0) {
      write();
    } else {
      read();
    }
  });
}

void dekker(int rounds) {
  std::atomic<int> flags[2]{};
  int last_inside = 0;
  run_threads(2, [&](int i) {
    for (int k = 0; k < rounds; ++k) {
      flags[i].store(1);
      if (flags[1 - i].load() == 0) {
        last_inside = i;
        check(last_inside == i);
      }
      flags[i].store(0);
    }
  });
}

bool peterson(int rounds) {
  std::atomic<int> flags[2]{}, turn{0};
  int last_inside = 0;
  bool is_through[2]{};
  run_threads(2, [&](int i) {
    const int other = 1 - i;
    for (int k = 0; k < rounds; ++k) {
      flags[i].store(1);
      turn.store(other);
      if (flags[other].load() == 1 && turn.load() == other) return;
      last_inside = i;
      check(last_inside == i);
      flags[i].store(0);
    }
    is_through[i] = true;
  });
  return is_through[0] && is_through[1];
}

void test_and_test_and_set(int threads, int rounds) {
  std::atomic<int> is_locked{0};
  int counter = 0;
  const auto lock = [&] {
    do {
      while (is_locked.load() != 0) {
      }
    } while (is_locked.exchange(1) != 0);
  };
  run_threads(threads, [&](int) {
    for (int k = 0; k < rounds; ++k) {
      lock();
      ++counter;
      is_locked.store(0);
    }
  });
  check(counter == threads * rounds);
}

void ticket_lock(int threads, int rounds) {
  std::atomic<int> next{0}, serving{0};
  int counter = 0;
  run_threads(threads, [&](int) {
    for (int k = 0; k < rounds; ++k) {
      const int ticket = next.fetch_add(1);
      while (serving.load() != ticket) {
      }
      ++counter;
      serving.store(ticket + 1);
    }
  });
  check(counter == threads * rounds);
}

}  // namespace raddle::exhaustive
