#include "tests/report/fixture.hpp"

#include "tests/report/recording.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <vector>

// Lines are told by what stands on them: tests look for these comments.

int plain_global = 0;

namespace bank {

struct Entry {
  int id = 0;
  int count = 0;
};
Entry table[8];

enum class Color { Red, Green };
Color color = Color::Red;

class Account {
 public:
  explicit Account(int balance) : balance_(balance) {}
  [[gnu::noinline]] void withdraw(int amount) {
    const int now = balance_;  // reads balance
    balance_ = now - amount;   // writes balance
  }
  [[gnu::noinline]] void lock() {
    raddle::report::testing::operation(raddle::scheduler::EventKind::MutexLock, &mutex_);
  }
  static int opened_;

 private:
  int balance_;
  std::mutex mutex_;
};
int Account::opened_ = 0;

struct Limits {
  int low = 0;
  struct {
    int soft = 0;
    int hard = 0;
  } high;
};

struct Savings : Account {
  using Account::Account;
  Limits limits;
};

int total = 0;
std::array<Entry, 4> standard;
std::mutex guard;
pthread_mutex_t c_guard = PTHREAD_MUTEX_INITIALIZER;

}  // namespace bank

namespace shop {
int total = 0;
}

namespace {
int hidden = 0;

inline void add_inlined(int& to) { to += 1; }  // inlined

[[gnu::noinline]] void set(int* where) { *where = 7; }

void use(void* memory) { asm volatile("" : : "r"(memory) : "memory"); }
}  // namespace

namespace program {

using raddle::report::testing::operation;
using raddle::report::testing::run_as;
using raddle::scheduler::EventKind;

void write_global() { plain_global = 1; }
void write_static_member() { bank::Account::opened_ = 1; }
void write_static_local() {
  static int calls = 0;
  calls = 5;
  use(&calls);
}
void write_in_table() { bank::table[3].count = 4; }
void write_in_anonymous_namespace() {
  hidden = 3;
  use(&hidden);
}

void write_in_two_namespaces() {
  bank::total = 1;
  shop::total = 2;
}

void write_local_by_reference() {
  int before = 1, counter = 0, after = 2;
  use(&before);
  use(&counter);
  use(&after);
  run_as(1, [&] { counter = 9; });  // lambda writes
}

[[gnu::noinline]] static void with_parameter(int amount) {
  use(&amount);
  run_as(1, [&] { set(&amount); });
}
void write_parameter() { with_parameter(4); }

void withdraw_from_local_account() {
  bank::Account account{100};
  use(&account);
  run_as(1, [&] { account.withdraw(80); });
}

void withdraw_from_two_accounts() {
  bank::Account alice{100}, bob{100};
  use(&alice);
  use(&bob);
  run_as(1, [&] { alice.withdraw(80); });
  run_as(2, [&] { bob.withdraw(80); });
}

void withdraw_from_new_account() {
  auto* account = new bank::Account{100};
  operation(EventKind::Allocate, account, 0, sizeof *account);
  run_as(1, [account] { account->withdraw(80); });
  delete account;
}

void withdraw_from_shared_account() {
  const auto account = std::make_shared<bank::Account>(100);
  // The block begins before the object, with the reference counts.
  operation(EventKind::Allocate, reinterpret_cast<char*>(account.get()) - 16, 0,
            sizeof(bank::Account) + 16);
  run_as(1, [account] { account->withdraw(80); });
}

void write_in_vector() {
  std::vector<bank::Account> accounts;
  auto* raw = static_cast<bank::Account*>(::operator new(3 * sizeof(bank::Account)));
  operation(EventKind::Allocate, raw, 0, 3 * sizeof(bank::Account));
  new (&raw[2]) bank::Account{100};
  run_as(1, [raw] { raw[2].withdraw(1); });
  ::operator delete(raw);
}

void write_in_raw_block() {
  auto* numbers = static_cast<int*>(::operator new(24));
  operation(EventKind::Allocate, numbers, 0, 24);
  numbers[2] = 5;
  use(numbers);
  ::operator delete(numbers);
}

void write_in_standard_array() {
  bank::standard[2].count = 6;
  use(&bank::standard);
}

void lock_global_mutex() { operation(EventKind::MutexLock, &bank::guard); }

void lock_member_mutexes() {
  bank::Account from{1}, to{2};
  from.lock();
  to.lock();
}

void lock_c_mutex() { operation(EventKind::MutexLock, &bank::c_guard); }

void write_inlined() { add_inlined(plain_global); }  // calls the inlined one

void write_color() { bank::color = bank::Color::Green; }

void write_nested() {
  bank::Limits limits;
  use(&limits);
  run_as(1, [&] { limits.high.hard = 8; });
}

void write_base_member() {
  bank::Savings savings{50};
  use(&savings);
  run_as(1, [&] { savings.withdraw(1); });
}

void race_on_local_account() {
  bank::Account account{100};
  use(&account);
  run_as(1, [&] { account.withdraw(80); });
  run_as(2, [&] { account.withdraw(80); });
}

}  // namespace program
