// Money goes from one account to another, and back, at the same time.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <mutex>
#include <thread>

namespace raddle::cases {
namespace {

struct Account {
  int number;
  int balance;
  std::mutex mutex = {};
};

void move_money(Account& from, Account& to, int amount) {
  from.balance -= amount;
  to.balance += amount;
}

void transfer_from_first(Account& from, Account& to, int amount) {
  const std::lock_guard lock_from{from.mutex};
  const std::lock_guard lock_to{to.mutex};
  move_money(from, to, amount);
}

void transfer_in_order(Account& from, Account& to, int amount) {
  const bool from_is_first = from.number < to.number;
  const std::lock_guard lock_first{from_is_first ? from.mutex : to.mutex};
  const std::lock_guard lock_second{from_is_first ? to.mutex : from.mutex};
  move_money(from, to, amount);
}

void transfer_scoped(Account& from, Account& to, int amount) {
  const std::scoped_lock lock{from.mutex, to.mutex};
  move_money(from, to, amount);
}

void transfer_backing_off(Account& from, Account& to, int amount) {
  for (;;) {
    {
      const std::lock_guard lock_from{from.mutex};
      const std::unique_lock lock_to{to.mutex, std::try_to_lock};
      if (lock_to) return move_money(from, to, amount);
    }
    std::this_thread::yield();
  }
}

template <void (*kTransfer)(Account&, Account&, int)>
void transfer_both_ways() {
  Account a{1, 100}, b{2, 100};
  std::thread there{[&] { kTransfer(a, b, 30); }};
  std::thread back{[&] { kTransfer(b, a, 10); }};
  there.join();
  back.join();
  check(a.balance == 80 && b.balance == 120, "money was lost or made");
}

}  // namespace

Case transfer() {
  return {"transfer",
          "two transfers take the locks of two accounts in opposite order",
          {buggy("opposite_order", transfer_both_ways<transfer_from_first>, FindingKind::Deadlock),
           fixed("lock_order", transfer_both_ways<transfer_in_order>),
           fixed("scoped_lock", transfer_both_ways<transfer_scoped>),
           fixed("back_off", transfer_both_ways<transfer_backing_off>)}};
}

}  // namespace raddle::cases
