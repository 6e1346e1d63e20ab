// The first test of the README.
// [test]
#include "account.hpp"

#include <raddle/gtest.hpp>

#include <thread>

RADDLE_TEST(Account, IsNeverOverdrawn) {
  Account account{100};
  std::thread first{[&] { account.withdraw(80); }};
  std::thread second{[&] { account.withdraw(80); }};
  first.join();
  second.join();
  EXPECT_GE(account.balance(), 0);
}
// [/test]
