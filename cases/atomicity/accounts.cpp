#include "cases/atomicity/accounts.hpp"

namespace raddle::cases {

bool PlainAccount::withdraw(int amount) {
  if (balance_ < amount) return false;
  balance_ -= amount;
  return true;
}

bool LoadStoreAccount::withdraw(int amount) {
  const int balance = balance_.load();
  if (balance < amount) return false;
  balance_.store(balance - amount);
  return true;
}

bool CheckThenActAccount::withdraw(int amount) {
  if (balance_.load() < amount) return false;
  balance_.fetch_sub(amount);
  return true;
}

bool TwoLocksAccount::withdraw(int amount) {
  if (balance() < amount) return false;
  const std::lock_guard lock{mutex_};
  balance_ -= amount;
  return true;
}

int TwoLocksAccount::balance() {
  const std::lock_guard lock{mutex_};
  return balance_;
}

bool MutexAccount::withdraw(int amount) {
  const std::lock_guard lock{mutex_};
  if (balance_ < amount) return false;
  balance_ -= amount;
  return true;
}

int MutexAccount::balance() {
  const std::lock_guard lock{mutex_};
  return balance_;
}

bool CompareExchangeAccount::withdraw(int amount) {
  int balance = balance_.load();
  do {
    if (balance < amount) return false;
  } while (!balance_.compare_exchange_weak(balance, balance - amount));
  return true;
}

OwnedAccount::OwnedAccount(int balance) : owner_{[this, balance] { serve(balance); }} {}

OwnedAccount::~OwnedAccount() {
  requests_.close();
  owner_.join();
}

bool OwnedAccount::withdraw(int amount) { return ask(amount).paid; }

int OwnedAccount::balance() { return ask(0).balance; }

OwnedAccount::Answer OwnedAccount::ask(int amount) {
  channel<Answer> answers{1};
  requests_.send(Request{amount, &answers});
  return answers.receive().value();
}

void OwnedAccount::serve(int balance) {
  for (const Request& request : requests_) {
    const bool paid = balance >= request.amount;
    if (paid) balance -= request.amount;
    request.answers->send(Answer{paid, balance});
  }
}

bool OptimisticAccount::withdraw(int amount) {
  for (;;) {
    const State seen = read();
    if (seen.balance < amount) return false;
    if (commit(seen, seen.balance - amount)) return true;
  }
}

OptimisticAccount::State OptimisticAccount::read() {
  const std::lock_guard lock{mutex_};
  return state_;
}

bool OptimisticAccount::commit(const State& seen, int balance) {
  const std::lock_guard lock{mutex_};
  if (state_.version != seen.version) return false;
  state_ = {balance, seen.version + 1};
  return true;
}

}  // namespace raddle::cases
