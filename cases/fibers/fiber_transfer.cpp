// Two transfers between fibers, each locking its own account first.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>

#include <mutex>

namespace raddle::cases {
namespace {

struct Account {
  int balance;
  boost::fibers::mutex mutex = {};
};

// As it asks a remote ledger about the second account, it lets others run.
void transfer_from_first(Account& from, Account& to, int amount) {
  const std::lock_guard lock_from{from.mutex};
  boost::this_fiber::yield();
  const std::lock_guard lock_to{to.mutex};
  from.balance -= amount;
  to.balance += amount;
}

void transfer_scoped(Account& from, Account& to, int amount) {
  const std::scoped_lock lock{from.mutex, to.mutex};
  boost::this_fiber::yield();
  from.balance -= amount;
  to.balance += amount;
}

template <void (*kTransfer)(Account&, Account&, int)>
void transfer_both_ways() {
  Account a{100}, b{100};
  boost::fibers::fiber there{[&] { kTransfer(a, b, 30); }};
  boost::fibers::fiber back{[&] { kTransfer(b, a, 10); }};
  there.join();
  back.join();
  check(a.balance == 80 && b.balance == 120, "money was lost or made");
}

}  // namespace

Case fiber_transfer() {
  return {"fiber_transfer",
          "two fibers take two fiber mutexes in opposite order",
          {buggy("opposite_order", transfer_both_ways<transfer_from_first>, FindingKind::Deadlock),
           fixed("scoped_lock", transfer_both_ways<transfer_scoped>)}};
}

}  // namespace raddle::cases
