// raddle for GoogleTest: tests whose body is explored, and matchers for what is found.
//
//   RADDLE_TEST(Account, IsNeverOverdrawn) {
//     Account account{100};
//     std::thread a{[&] { account.withdraw(80); }};
//     std::thread b{[&] { account.withdraw(80); }};
//     a.join(); b.join();
//     EXPECT_GE(account.balance(), 0);
//   }
//
//   TEST(Account, RacesWithoutItsMutex) {
//     EXPECT_THAT(raddle::explore(withdraw_twice), raddle::FindsRaceOn("balance_"));
//   }
//
// EXPECT_* and ASSERT_* work as ever, on every thread of a body: the first that
// fails makes the execution a finding. GTEST_SKIP() and HasFatalFailure() do not see
// through an exploration.
#pragma once

#include <raddle/raddle.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace raddle {

// A report with at least one finding of that kind.
testing::Matcher<const Report&> Finds(FindingKind kind);
// A report with none at all.
testing::Matcher<const Report&> FindsNothing();

testing::Matcher<const Report&> FindsRace();
// `object`: the name in the report, "Account::balance_", or its last part, "balance_".
testing::Matcher<const Report&> FindsRaceOn(std::string object);
testing::Matcher<const Report&> FindsDeadlock();
testing::Matcher<const Report&> FindsLostWakeup();
testing::Matcher<const Report&> FindsMutexMisuse();
testing::Matcher<const Report&> FindsUseAfterFree();
testing::Matcher<const Report&> FindsAssertion();
testing::Matcher<const Report&> FindsException();
testing::Matcher<const Report&> FindsCrash();

}  // namespace raddle

// An ordinary test, the body of which is explored with the default options.
#define RADDLE_TEST(suite, name) RADDLE_TEST_WITH(suite, name, )

// The same with other options: RADDLE_TEST_WITH(Queue, IsFifo, .strategy = "pct", .jobs = 1),
// or the name of an Options object. An empty Options::test becomes "Queue.IsFifo".
#define RADDLE_TEST_WITH(suite, name, ...)                                                       \
  class GTEST_TEST_CLASS_NAME_(suite, name) : public ::testing::Test {                           \
   public:                                                                                       \
    static void body();                                                                          \
    static ::testing::TestInfo* const test_info_;                                                \
  };                                                                                             \
  [[maybe_unused]] ::testing::TestInfo* const GTEST_TEST_CLASS_NAME_(suite, name)::test_info_ =  \
      ::raddle::gtest::add_test<::testing::Test>({#suite, #name, __FILE__, __LINE__},            \
                                                 ::testing::internal::GetTestTypeId(),           \
                                                 GTEST_TEST_CLASS_NAME_(suite, name)::body,      \
                                                 [] { return ::raddle::Options{__VA_ARGS__}; }); \
  void GTEST_TEST_CLASS_NAME_(suite, name)::body()

// With a fixture. Every execution has one of its own: it is constructed, set up,
// torn down and destroyed within the execution. SetUpTestSuite() runs once, outside.
#define RADDLE_TEST_F(fixture, name) RADDLE_TEST_F_WITH(fixture, name, )

#define RADDLE_TEST_F_WITH(fixture, name, ...)                                                    \
  class GTEST_TEST_CLASS_NAME_(fixture, name) : public fixture {                                  \
   public:                                                                                        \
    void TestBody() override;                                                                     \
    static ::testing::TestInfo* const test_info_;                                                 \
  };                                                                                              \
  [[maybe_unused]] ::testing::TestInfo* const GTEST_TEST_CLASS_NAME_(fixture, name)::test_info_ = \
      ::raddle::gtest::add_test<fixture>(                                                         \
          {#fixture, #name, __FILE__, __LINE__}, ::testing::internal::GetTypeId<fixture>(),       \
          ::raddle::gtest::run_with_fixture<GTEST_TEST_CLASS_NAME_(fixture, name)>,               \
          [] { return ::raddle::Options{__VA_ARGS__}; });                                         \
  void GTEST_TEST_CLASS_NAME_(fixture, name)::TestBody()

// What the macros expand to; not for direct use.
namespace raddle::gtest {

// Where a test stands.
struct TestPlace {
  const char* suite;
  const char* name;
  const char* file;
  int line;
};

using Body = void (*)();
using MakeOptions = Options (*)();

testing::internal::TestFactoryBase* explored_test(const TestPlace& place, Body body,
                                                  MakeOptions options);

template <class Fixture>
testing::TestInfo* add_test(const TestPlace& place, testing::internal::TypeId fixture_id, Body body,
                            MakeOptions options) {
  using Suite = testing::internal::SuiteApiResolver<Fixture>;
  return testing::internal::MakeAndRegisterTestInfo(
      place.suite, place.name, nullptr, nullptr,
      testing::internal::CodeLocation(place.file, place.line), fixture_id,
      Suite::GetSetUpCaseOrSuite(place.file, place.line),
      Suite::GetTearDownCaseOrSuite(place.file, place.line), explored_test(place, body, options));
}

// Fixture hooks, which are protected. set_up() returns false if the body must
// not run: it failed fatally or skipped.
bool set_up(testing::Test& test);
void tear_down(testing::Test& test);

// One execution, as testing::Test::Run() does it.
template <class Test>
void run_with_fixture() {
  Test test;
  if (set_up(test)) test.TestBody();
  tear_down(test);
}

// Makes failed expectations findings, also where only raddle::explore() is called.
// raddle::gtest's own main() does it, and so does every source that includes this.
bool install();
inline const bool is_installed = install();

}  // namespace raddle::gtest
