#include "harness/report/short_name.hpp"

#include <gtest/gtest.h>

namespace raddle::report {
namespace {

TEST(ShortName, DropsParametersAndReturnTypes) {
  EXPECT_EQ(shorten("Account::withdraw(int)"), "Account::withdraw");
  EXPECT_EQ(shorten("void push<int>(int const&)"), "push");
  EXPECT_EQ(shorten("std::enable_if<(1 > 0), int>::type pick<int>(int)"), "pick");
  EXPECT_EQ(shorten("Queue<int, std::allocator<int> >::size() const"), "Queue::size");
  EXPECT_EQ(shorten("Account::take() &&"), "Account::take");
}

TEST(ShortName, DropsAnonymousAndInlineNamespaces) {
  EXPECT_EQ(shorten("(anonymous namespace)::helper()"), "helper");
  EXPECT_EQ(shorten("std::__cxx11::basic_string<char>::size()"), "std::basic_string::size");
  EXPECT_EQ(shorten("make[abi:cxx11]()"), "make");
}

TEST(ShortName, CallsALambdaAfterTheFunctionAroundIt) {
  EXPECT_EQ(shorten("main::{lambda()#1}::operator()() const"), "main::lambda");
  EXPECT_EQ(shorten("main::$_0::operator()() const"), "main::lambda");
  EXPECT_EQ(shorten("run(int)::'lambda'(int)::operator()(int) const"), "run::lambda");
  EXPECT_EQ(
      shorten("f()::{lambda()#2}::operator()() const::{lambda(int)#1}::operator()(int) const"),
      "f::lambda::lambda");
}

TEST(ShortName, KeepsOperators) {
  EXPECT_EQ(shorten("Task::operator()(int)"), "Task::operator()");
  EXPECT_EQ(shorten("std::ostream& operator<< <int>(std::ostream&, Box<int> const&)"),
            "operator<<");
  EXPECT_EQ(shorten("Flag::operator bool() const"), "Flag::operator bool");
  EXPECT_EQ(shorten("Pointer::operator->() const"), "Pointer::operator->");
  EXPECT_EQ(shorten("operator new(unsigned long)"), "operator new");
}

TEST(ShortName, LeavesPlainNamesAlone) {
  EXPECT_EQ(shorten("main"), "main");
  EXPECT_EQ(shorten("operator_of_pumps(int)"), "operator_of_pumps");
  EXPECT_EQ(demangle("main"), "main");
  EXPECT_EQ(demangle(nullptr), "");
}

TEST(ShortName, TakesTheLastPartOfNamesAndPaths) {
  EXPECT_EQ(last_part("Account::balance_"), "balance_");
  EXPECT_EQ(last_part("bank::table[3].count"), "count");
  EXPECT_EQ(last_part("counter"), "counter");
}

}  // namespace
}  // namespace raddle::report
