#include "tests/harness/bodies.hpp"

#include <atomic>
#include <mutex>
#include <thread>

namespace raddle::tests {

void race_on_counter() {
  int counter = 0;
  std::thread a{[&] { ++counter; }};
  std::thread b{[&] { ++counter; }};
  a.join();
  b.join();
}

void lose_plain_update() {
  int counter = 0;
  std::thread a{[&] { ++counter; }};
  std::thread b{[&] { ++counter; }};
  a.join();
  b.join();
  check(counter == 2, "an increment was lost");
}

void lose_atomic_update() {
  std::atomic<int> counter{0};
  const auto increment = [&] { counter = counter + 1; };
  std::thread a{increment};
  std::thread b{increment};
  a.join();
  b.join();
  check(counter == 2, "an increment was lost");
}

void lose_atomic_update_among_others() {
  std::atomic<int> counter{0};
  std::atomic<int> elsewhere{0};
  const auto work = [&] {
    for (int i = 0; i < 5; ++i) ++elsewhere;
    counter = counter + 1;
    for (int i = 0; i < 5; ++i) ++elsewhere;
  };
  std::thread a{work};
  std::thread b{work};
  std::thread c{work};
  a.join();
  b.join();
  c.join();
  check(counter == 3, "an increment was lost");
}

void lock_in_opposite_orders() {
  std::mutex left, right;
  std::thread a{[&] {
    const std::lock_guard first{left};
    const std::lock_guard second{right};
  }};
  std::thread b{[&] {
    const std::lock_guard first{right};
    const std::lock_guard second{left};
  }};
  a.join();
  b.join();
}

void count_under_mutex() {
  int counter = 0;
  std::mutex mutex;
  const auto increment = [&] {
    const std::lock_guard lock{mutex};
    ++counter;
  };
  std::thread a{increment};
  std::thread b{increment};
  a.join();
  b.join();
  check(counter == 2);
}

Options with_seed(std::uint64_t seed) {
  Options options;
  options.seed = seed;
  return options;
}

}  // namespace raddle::tests
