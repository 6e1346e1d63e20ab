// Dijkstra's dining philosophers, three of them, one meal each.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <array>
#include <cstddef>
#include <mutex>
#include <semaphore.h>
#include <thread>
#include <vector>

namespace raddle::cases {
namespace {

constexpr std::size_t kSeats = 3;

// Of POSIX: std::counting_semaphore of libstdc++ 12 can sleep for ever although something is left
// to take. acquire() waits for a change of the value that it saw first, and that one can come back.
class Chairs {
 public:
  explicit Chairs(unsigned free) { sem_init(&free_, 0, free); }
  ~Chairs() { sem_destroy(&free_); }
  Chairs(const Chairs&) = delete;
  Chairs& operator=(const Chairs&) = delete;
  void take() { sem_wait(&free_); }
  void leave() { sem_post(&free_); }

 private:
  sem_t free_;
};

struct Table {
  std::array<std::mutex, kSeats> forks;
  Chairs chairs{kSeats - 1};
  std::array<int, kSeats> meals{};

  std::mutex& left(std::size_t seat) { return forks[seat]; }
  std::mutex& right(std::size_t seat) { return forks[(seat + 1) % kSeats]; }
};

void eat_left_first(Table& table, std::size_t seat) {
  const std::lock_guard left{table.left(seat)};
  const std::lock_guard right{table.right(seat)};
  ++table.meals[seat];
}

// The last seat's right fork is fork 0: it is taken first, as its number is lower.
void eat_in_order(Table& table, std::size_t seat) {
  const bool last = seat == kSeats - 1;
  const std::lock_guard lower{last ? table.right(seat) : table.left(seat)};
  const std::lock_guard higher{last ? table.left(seat) : table.right(seat)};
  ++table.meals[seat];
}

void eat_with_both(Table& table, std::size_t seat) {
  const std::scoped_lock forks{table.left(seat), table.right(seat)};
  ++table.meals[seat];
}

void eat_backing_off(Table& table, std::size_t seat) {
  for (;;) {
    {
      const std::lock_guard left{table.left(seat)};
      const std::unique_lock right{table.right(seat), std::try_to_lock};
      if (right) {
        ++table.meals[seat];
        return;
      }
    }
    std::this_thread::yield();
  }
}

void eat_on_a_free_chair(Table& table, std::size_t seat) {
  table.chairs.take();
  eat_left_first(table, seat);
  table.chairs.leave();
}

template <void (*kEat)(Table&, std::size_t)>
void dine() {
  Table table;
  std::vector<std::thread> guests;
  for (std::size_t seat = 0; seat < kSeats; ++seat) {
    guests.emplace_back([&table, seat] { kEat(table, seat); });
  }
  for (std::thread& guest : guests) guest.join();
  for (const int meals : table.meals) check(meals == 1, "somebody is hungry");
}

}  // namespace

Case philosophers() {
  return {"philosophers",
          "dining philosophers: everybody takes the left fork first",
          {buggy("left_first", dine<eat_left_first>, FindingKind::Deadlock),
           fixed("lock_order", dine<eat_in_order>), fixed("scoped_lock", dine<eat_with_both>),
           fixed("back_off", dine<eat_backing_off>),
           fixed("one_chair_less", dine<eat_on_a_free_chair>)}};
}

}  // namespace raddle::cases
