// A user's test, as the README shows it: nothing of raddle in the class, the
// verdict asserted in both directions.
#include <raddle/gtest.hpp>

#include <gmock/gmock.h>

#include <mutex>
#include <thread>

namespace {

class Account {
 public:
  explicit Account(int balance) : balance_{balance} {}

  void withdraw(int amount) {
    if (balance_ >= amount) balance_ -= amount;
  }
  void withdraw_locked(int amount) {
    std::lock_guard lock{mutex_};
    withdraw(amount);
  }
  int balance() const { return balance_; }

 private:
  std::mutex mutex_;
  int balance_;
};

RADDLE_TEST(Account, IsNeverOverdrawnWhenItsMutexIsTaken) {
  Account account{100};
  std::thread first{[&] { account.withdraw_locked(80); }};
  std::thread second{[&] { account.withdraw_locked(80); }};
  first.join();
  second.join();
  EXPECT_EQ(account.balance(), 20);
}

TEST(Account, RacesWithoutItsMutex) {
  const raddle::Report report = raddle::explore([] {
    Account account{100};
    std::thread first{[&] { account.withdraw(80); }};
    std::thread second{[&] { account.withdraw(80); }};
    first.join();
    second.join();
  });
  EXPECT_THAT(report, raddle::FindsRace());
}

}  // namespace
