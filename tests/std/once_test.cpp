// std::call_once and function-local statics: initialised once, by whoever comes first.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using raddle::tests::expect_both_answers;

RADDLE_TEST(CallOnce, RunsTheInitialiserOnceForAll) {
  std::once_flag once;
  int value = 0;
  int runs = 0;
  auto use = [&] {
    std::call_once(once, [&] {
      ++runs;
      value = 42;
    });
    EXPECT_EQ(value, 42);
  };
  std::thread a{use}, b{use}, c{use};
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(runs, 1);
}

RADDLE_TEST(CallOnce, TriesAgainAfterAnException) {
  std::once_flag once;
  int attempts = 0;
  int value = 0;
  int caught[2] = {};
  auto use = [&](int me) {
    try {
      std::call_once(once, [&] {
        if (++attempts == 1) throw std::runtime_error("the first attempt");
        value = 42;
      });
      EXPECT_EQ(value, 42);
    } catch (const std::runtime_error&) {
      caught[me] = 1;
    }
  };
  std::thread a{use, 0}, b{use, 1};
  a.join();
  b.join();
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(caught[0] + caught[1], 1);
  EXPECT_EQ(value, 42);
}

TEST(CallOnce, WithAFlagEachIsARace) {
  EXPECT_THAT(raddle::explore([] {
                int value = 0;
                auto use = [&] {
                  std::once_flag mine;
                  std::call_once(mine, [&] { value = 42; });
                };
                std::thread a{use}, b{use};
                a.join();
                b.join();
              }),
              raddle::FindsRace());
}

TEST(CallOnce, ThatCallsItselfDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                std::once_flag once;
                std::call_once(once, [&] { std::call_once(once, [] {}); });
              }),
              raddle::FindsDeadlock());
}

// Counts its own life, so that a second construction would be seen.
class Registry {
 public:
  Registry() : name_(30, 'r') {}
  ~Registry() { name_.clear(); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

const Registry& registry() {
  static const Registry instance;
  return instance;
}

RADDLE_TEST(MagicStatic, IsConstructedBeforeAnybodySeesIt) {
  auto use = [] { EXPECT_EQ(registry().name().size(), 30u); };
  std::thread a{use}, b{use};
  a.join();
  b.join();
}

bool second_thread_constructs() {
  auto use = [](int me) {
    static const int who = me;
    return who;
  };
  std::thread a{[&] { use(1); }}, b{[&] { use(2); }};
  a.join();
  b.join();
  return use(3) == 2;
}

TEST(MagicStatic, IsConstructedByEither) { expect_both_answers(second_thread_constructs); }

RADDLE_TEST(MagicStatic, IsTriedAgainAfterAnException) {
  static int attempts;
  attempts = 0;
  std::mutex mutex;
  int caught = 0;
  auto use = [&] {
    try {
      static const int value = [] {
        if (++attempts == 1) throw std::runtime_error("the first attempt");
        return 42;
      }();
      EXPECT_EQ(value, 42);
    } catch (const std::runtime_error&) {
      const std::lock_guard lock{mutex};
      ++caught;
    }
  };
  std::thread a{use}, b{use};
  a.join();
  b.join();
  EXPECT_EQ(caught, 1);
  EXPECT_EQ(attempts, 2);
}

TEST(MagicStatic, IsNoGuardForWhatItRefersTo) {
  EXPECT_THAT(raddle::explore([] {
                auto increment = [] {
                  static int counter = [] { return 1; }();
                  EXPECT_GE(++counter, 2);
                };
                std::thread a{increment}, b{increment};
                a.join();
                b.join();
              }),
              raddle::FindsRace());
}

}  // namespace
