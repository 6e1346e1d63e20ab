// A bank account from which several threads withdraw: four that go wrong, five
// that do not. withdraw() pays and returns true, or returns false if too little is left.
#pragma once

#include <raddle/channel.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace raddle::cases {

class PlainAccount {
 public:
  explicit PlainAccount(int balance) : balance_{balance} {}
  bool withdraw(int amount);
  int balance() { return balance_; }

 private:
  int balance_;
};

// Every access is atomic; the update is not.
class LoadStoreAccount {
 public:
  explicit LoadStoreAccount(int balance) : balance_{balance} {}
  bool withdraw(int amount);
  int balance() { return balance_; }

 private:
  std::atomic<int> balance_;
};

// The check and the update are atomic, each by itself.
class CheckThenActAccount {
 public:
  explicit CheckThenActAccount(int balance) : balance_{balance} {}
  bool withdraw(int amount);
  int balance() { return balance_; }

 private:
  std::atomic<int> balance_;
};

// As CheckThenActAccount, with a lock taken twice.
class TwoLocksAccount {
 public:
  explicit TwoLocksAccount(int balance) : balance_{balance} {}
  bool withdraw(int amount);
  int balance();

 private:
  std::mutex mutex_;
  int balance_;
};

class MutexAccount {
 public:
  explicit MutexAccount(int balance) : balance_{balance} {}
  bool withdraw(int amount);
  int balance();

 private:
  std::mutex mutex_;
  int balance_;
};

class CompareExchangeAccount {
 public:
  explicit CompareExchangeAccount(int balance) : balance_{balance} {}
  bool withdraw(int amount);
  int balance() { return balance_; }

 private:
  std::atomic<int> balance_;
};

// One thread owns the balance; requests go to it through a channel.
class OwnedAccount {
 public:
  explicit OwnedAccount(int balance);
  ~OwnedAccount();
  bool withdraw(int amount);
  int balance();

 private:
  struct Answer {
    bool paid;
    int balance;
  };
  struct Request {
    int amount;
    channel<Answer>* answers;
  };
  Answer ask(int amount);
  void serve(int balance);

  channel<Request> requests_;
  std::thread owner_;
};

// Works on a copy, and commits it if nobody has committed since; else tries again.
class OptimisticAccount {
 public:
  explicit OptimisticAccount(int balance) : state_{balance, 0} {}
  bool withdraw(int amount);
  int balance() { return read().balance; }

 private:
  struct State {
    int balance;
    unsigned version;
  };
  State read();
  bool commit(const State& seen, int balance);

  std::mutex mutex_;
  State state_;
};

}  // namespace raddle::cases
