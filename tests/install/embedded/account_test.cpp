// A test of a project that brings raddle along.
#include <raddle/gtest.hpp>

#include <atomic>
#include <thread>

namespace {

RADDLE_TEST(Account, CountsBothPayments) {
  std::atomic<int> balance{0};
  std::thread first{[&] { balance += 80; }};
  std::thread second{[&] { balance += 20; }};
  first.join();
  second.join();
  EXPECT_EQ(balance, 100);
}

TEST(Account, LosesAPaymentThatReadsAndWritesInTwoSteps) {
  const raddle::Report report = raddle::explore([] {
    std::atomic<int> balance{0};
    const auto pay = [&](int amount) { balance = balance + amount; };
    std::thread first{pay, 80};
    std::thread second{pay, 20};
    first.join();
    second.join();
    raddle::check(balance == 100);
  });
  EXPECT_THAT(report, raddle::FindsAssertion());
}

}  // namespace
