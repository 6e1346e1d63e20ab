// Fibers of one thread: which interleavings there are, and that each fiber is a thread of its
// own for detectors and reports.
#include "tests/fiber/exploration.hpp"

#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fss.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>

#include <atomic>
#include <mutex>
#include <set>
#include <string>

namespace raddle::tests {
namespace {

using boost::fibers::fiber;
using boost::fibers::launch;
namespace this_fiber = boost::this_fiber;

// What the body returns in each of 500 executions.
std::set<std::string> seen(const std::function<std::string()>& body,
                           const char* strategy = "random") {
  std::set<std::string> results;
  const Report report = explore_fibers([&] { results.insert(body()); }, strategy, OnRace::Ignore);
  EXPECT_THAT(report, FindsNothing());
  EXPECT_EQ(report.executions, 500u);
  return results;
}

// What is done, not to what: offsets in a fiber's stack depend on where the stack lies.
std::string verb(const Step& step) { return step.action.substr(0, step.action.find(' ')); }

TEST(Fibers, ThreeThatEndAtOnceRunInAllSixOrders) {
  const auto body = [] {
    std::string order;
    fiber a{[&] { order += 'a'; }}, b{[&] { order += 'b'; }}, c{[&] { order += 'c'; }};
    a.join();
    b.join();
    c.join();
    return order;
  };
  const std::set<std::string> all{"abc", "acb", "bac", "bca", "cab", "cba"};
  EXPECT_EQ(seen(body), all);
  EXPECT_EQ(seen(body, "pct"), all);
}

TEST(Fibers, AreInterleavedWhereTheyYieldAndNowhereElse) {
  const auto body = [] {
    std::string order;
    const auto twice = [&order](char first, char second) {
      order += first;
      order += first;
      this_fiber::yield();
      order += second;
      order += second;
    };
    fiber a{[&] { twice('a', 'A'); }}, b{[&] { twice('b', 'B'); }};
    a.join();
    b.join();
    return order;
  };
  const std::set<std::string> all{"aaAAbbBB", "aabbAABB", "aabbBBAA",
                                  "bbBBaaAA", "bbaaBBAA", "bbaaAABB"};
  EXPECT_EQ(seen(body), all);
}

TEST(Fibers, OneLaunchedByDispatchRunsBeforeItsCreatorGoesOn) {
  EXPECT_EQ(seen([] {
              std::string order;
              fiber a{launch::dispatch, [&] { order += 'a'; }};
              order += 'm';
              a.join();
              return order;
            }),
            (std::set<std::string>{"am"}));
}

TEST(Fibers, AFreshOneRunsNowOrLater) {
  EXPECT_EQ(seen([] {
              std::string order;
              fiber a{[&] { order += 'a'; }};
              this_fiber::yield();
              order += 'm';
              a.join();
              return order;
            }),
            (std::set<std::string>{"am", "ma"}));
}

TEST(Fibers, CanCreateAndJoinOthers) {
  expect_clean([] {
    int sum = 0;
    fiber outer{[&] {
      fiber inner{[&] { sum += 1; }};
      inner.join();
      sum += 1;
    }};
    outer.join();
    check(sum == 2);
  });
}

TEST(Fibers, OnesThatNobodyJoinsEndBeforeTheirThreadDoes) {
  EXPECT_THAT(explore_fibers([] {
                auto* counter = new int{0};
                fiber{[counter] { ++*counter; }}.detach();
                fiber{[counter] { delete counter; }}.detach();
              }),
              testing::AnyOf(FindsRace(), FindsUseAfterFree()));
  expect_clean([] {
    fiber{[] { this_fiber::yield(); }}.detach();
    fiber{[] { this_fiber::yield(); }}.detach();
  });
}

TEST(Fibers, SpinningOnYieldDoesNotTrapAnyStrategy) {
  expect_clean([] {
    std::atomic<bool> is_set{false};
    fiber waits{[&] {
      while (!is_set) this_fiber::yield();
    }};
    fiber sets{[&] { is_set = true; }};
    waits.join();
    sets.join();
  });
}

TEST(Fibers, ALostUpdateIsARaceBetweenTwoNamedFibers) {
  const auto body = [] {
    int counter = 0;
    const auto increment = [&counter] {
      const int read = counter;
      this_fiber::yield();
      counter = read + 1;
    };
    fiber a{increment}, b{increment};
    a.join();
    b.join();
    check(counter == 2, "lost");
  };
  const Report report = explore_fibers(body);
  ASSERT_THAT(report, FindsRace());
  const Finding& finding = report.findings[0];
  std::set<std::string> names;
  for (const Site& site : finding.sites) {
    if (site.what.find("created") == std::string::npos) {
      names.insert(finding.threads.at(static_cast<std::size_t>(site.thread)).name);
    }
  }
  EXPECT_EQ(names, (std::set<std::string>{"F1", "F2"}));
  EXPECT_THAT(explore_fibers(body, "random", OnRace::Explore), FindsAssertion());
}

TEST(Fibers, ATokenReplaysTheSameFinding) {
  const auto body = [] {
    int counter = 0;
    boost::fibers::mutex mutex;
    const auto increment = [&] {
      mutex.lock();
      const int read = counter;
      mutex.unlock();
      this_fiber::yield();
      const std::lock_guard lock{mutex};
      counter = read + 1;
    };
    fiber a{increment}, b{increment}, c{increment};
    a.join();
    b.join();
    c.join();
    check(counter != 2, "one of three was lost");
  };
  const Report report = explore_fibers(body);
  ASSERT_THAT(report, FindsAssertion());
  Options options;
  options.test = "fibers";
  options.replay = report.findings[0].token;
  for (int i = 0; i < 3; ++i) {
    const Report again = explore(body, options);
    ASSERT_THAT(again, FindsAssertion());
    EXPECT_EQ(again.findings[0].token, report.findings[0].token);
    ASSERT_EQ(again.findings[0].steps.size(), report.findings[0].steps.size());
    for (std::size_t s = 0; s < again.findings[0].steps.size(); ++s) {
      EXPECT_EQ(again.findings[0].steps[s].thread, report.findings[0].steps[s].thread);
      EXPECT_EQ(verb(again.findings[0].steps[s]), verb(report.findings[0].steps[s]));
    }
  }
}

TEST(Fibers, ShareTheVariablesOfTheirThread) {
  thread_local int touched;
  expect_clean([] {
    touched = 0;
    const auto touch = [] {
      ++touched;
      this_fiber::yield();
      ++touched;
    };
    fiber a{touch}, b{touch};
    a.join();
    b.join();
    check(touched == 4);
  });
}

TEST(Fibers, HaveVariablesOfTheirOwn) {
  expect_clean([] {
    boost::fibers::fiber_specific_ptr<int> own;
    const auto use = [&own](int value) {
      own.reset(new int{value});
      this_fiber::yield();
      check(*own == value);
    };
    fiber a{[&] { use(1); }}, b{[&] { use(2); }};
    a.join();
    b.join();
  });
}

TEST(Fibers, AnAlgorithmOfTheProgramsOwnIsLeftOut) {
  const std::set<std::string> orders = seen([] {
    boost::fibers::use_scheduling_algorithm<boost::fibers::algo::round_robin>();
    std::string order;
    fiber a{[&] { order += 'a'; }}, b{[&] { order += 'b'; }};
    a.join();
    b.join();
    return order;
  });
  EXPECT_EQ(orders, (std::set<std::string>{"ab", "ba"}));
}

// Outside of an exploration the library is what it always was.
TEST(Fibers, OfAnOrdinaryTestRunOneAfterTheOther) {
  std::string order;
  boost::fibers::mutex mutex;
  const auto add = [&](char c) {
    const std::lock_guard lock{mutex};
    order += c;
    this_fiber::yield();
  };
  fiber a{[&] { add('a'); }}, b{[&] { add('b'); }};
  a.join();
  b.join();
  EXPECT_EQ(order, "ab");
}

}  // namespace
}  // namespace raddle::tests
