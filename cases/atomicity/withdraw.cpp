// Two withdrawals from an account of 100.
#include "cases/atomicity/accounts.hpp"
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <thread>

namespace raddle::cases {
namespace {

template <class Account, int kFirst, int kSecond>
void withdraw_two() {
  Account account{100};
  bool first = false, second = false;
  std::thread a{[&] { first = account.withdraw(kFirst); }};
  std::thread b{[&] { second = account.withdraw(kSecond); }};
  a.join();
  b.join();
  const int balance = account.balance();
  check(balance >= 0, "the account is overdrawn");
  check(balance == 100 - first * kFirst - second * kSecond, "what was paid is not what is missing");
}

}  // namespace

// There is enough for both, so that only a lost update can go wrong.
Case withdraw_50_30() {
  return {"withdraw_50_30",
          "two withdrawals that are both covered: one is forgotten",
          {buggy("unprotected", withdraw_two<PlainAccount, 50, 30>, FindingKind::DataRace),
           buggy("unprotected_consequence", withdraw_two<PlainAccount, 50, 30>,
                 FindingKind::Assertion, OnRace::Explore),
           buggy("load_store", withdraw_two<LoadStoreAccount, 50, 30>, FindingKind::Assertion),
           fixed("mutex", withdraw_two<MutexAccount, 50, 30>),
           fixed("compare_exchange", withdraw_two<CompareExchangeAccount, 50, 30>),
           fixed("channel", withdraw_two<OwnedAccount, 50, 30>),
           fixed("optimistic", withdraw_two<OptimisticAccount, 50, 30>)}};
}

// There is enough for one only.
Case withdraw_80_80() {
  return {
      "withdraw_80_80",
      "two withdrawals of which one is covered: both are paid",
      {buggy("unprotected", withdraw_two<PlainAccount, 80, 80>, FindingKind::DataRace),
       buggy("unprotected_consequence", withdraw_two<PlainAccount, 80, 80>, FindingKind::Assertion,
             OnRace::Explore),
       buggy("check_then_act", withdraw_two<CheckThenActAccount, 80, 80>, FindingKind::Assertion),
       buggy("two_locks", withdraw_two<TwoLocksAccount, 80, 80>, FindingKind::Assertion),
       fixed("mutex", withdraw_two<MutexAccount, 80, 80>),
       fixed("compare_exchange", withdraw_two<CompareExchangeAccount, 80, 80>),
       fixed("channel", withdraw_two<OwnedAccount, 80, 80>),
       fixed("optimistic", withdraw_two<OptimisticAccount, 80, 80>)}};
}

}  // namespace raddle::cases
