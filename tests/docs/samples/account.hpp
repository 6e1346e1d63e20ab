// The class under test of the README.
#pragma once

// [class]
#include <atomic>

class Account {  // plain C++: nothing of raddle inside
 public:
  explicit Account(int balance) : balance_{balance} {}
  void withdraw(int amount) {
    if (balance_ < amount) return;
    balance_ -= amount;
  }
  int balance() const { return balance_; }

 private:
  std::atomic<int> balance_;
};
// [/class]
