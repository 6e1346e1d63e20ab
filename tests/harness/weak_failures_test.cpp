// Options::weak_failures: a weak compare-exchange may fail although it finds what it expects.
// Compiled with -include raddle/weak_exchange.h, which Clang needs for that.
#include "scheduler/schedule.hpp"
#include "tests/harness/bodies.hpp"
#include "tests/harness/program.hpp"
#include <raddle/gtest.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace raddle {
namespace {

using testing::HasSubstr;

// One thread, and nobody who could be in its way. What is found is what is expected.
template <class T>
void exchange_once(T from, T to) {
  std::atomic<T> value{from};
  T expected = from;
  const bool is_done = value.compare_exchange_weak(expected, to);
  check(expected == from, "what was found is told");
  check((value.load() == to) == is_done, "it has failed and yet exchanged");
  check(is_done, "failed");
}
template <class T>
void exchange_in_a_loop(T from, T to) {
  std::atomic<T> value{from};
  T expected = from;
  while (!value.compare_exchange_weak(expected, to)) check(expected == from);
  check(value.load() == to);
}
template <class T>
void exchange_strongly(T from, T to) {
  std::atomic<T> value{from};
  T expected = from;
  check(value.compare_exchange_strong(expected, to), "a strong one failed");
}

struct Pair {
  std::uint32_t first, second;
  friend bool operator==(const Pair&, const Pair&) = default;
};
// Larger than any register.
struct Long {
  std::uint64_t words[3];
  friend bool operator==(const Long&, const Long&) = default;
};

int one = 1, two = 2;

Options options_for(const std::string& strategy, std::uint32_t weak_failures) {
  Options options = tests::with_seed(1);
  options.strategy = strategy;
  options.executions = 300;
  options.weak_failures = weak_failures;
  return options;
}

struct Body {
  std::string name;
  void (*run)();
};
void PrintTo(const Body& body, std::ostream* out) { *out << body.name; }
std::string name_of(const testing::TestParamInfo<Body>& body) { return body.param.name; }

void exchange_referred() {
  int value = 1, expected = 1;
  check(std::atomic_ref{value}.compare_exchange_weak(expected, 2), "failed");
}
void exchange_by_function() {
  std::atomic<int> value{1};
  int expected = 1;
  check(std::atomic_compare_exchange_weak_explicit(&value, &expected, 2, std::memory_order_acq_rel,
                                                   std::memory_order_relaxed),
        "failed");
}
void exchange_by_builtin() {
  int value = 1, expected = 1;
  check(__atomic_compare_exchange_n(&value, &expected, 2, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED),
        "failed");
}
void exchange_volatile() {
  volatile std::atomic<int> value{1};
  int expected = 1;
  check(value.compare_exchange_weak(expected, 2), "failed");
}

class WeakOnce : public testing::TestWithParam<Body> {};

TEST_P(WeakOnce, IsFoundByEveryStrategy) {
  for (const char* strategy : {"random", "pct:3", "exhaustive"}) {
    const Report report = explore(GetParam().run, options_for(strategy, 1));
    ASSERT_THAT(report, FindsAssertion()) << strategy;
    EXPECT_THAT(report.findings[0].summary, HasSubstr("failed")) << strategy;
    EXPECT_LE(report.executions, 100u) << strategy;
  }
}

TEST_P(WeakOnce, SucceedsWithoutTheOption) {
  for (const char* strategy : {"random", "pct:3"}) {
    EXPECT_THAT(explore(GetParam().run, options_for(strategy, 0)), FindsNothing()) << strategy;
  }
  const Report report = explore(GetParam().run, options_for("exhaustive", 0));
  EXPECT_THAT(report, FindsNothing());
  EXPECT_TRUE(report.complete) << report;
}

INSTANTIATE_TEST_SUITE_P(Types, WeakOnce,
                         testing::Values(Body{"char", [] { exchange_once<char>('a', 'b'); }},
                                         Body{"short", [] { exchange_once<short>(1, 2); }},
                                         Body{"int", [] { exchange_once(1, 2); }},
                                         Body{"long", [] { exchange_once(1L, 2L); }},
                                         Body{"bool", [] { exchange_once(false, true); }},
                                         Body{"pointer", [] { exchange_once(&one, &two); }},
                                         Body{"double", [] { exchange_once(1.0, 2.0); }},
                                         Body{"pair",
                                              [] {
                                                exchange_once(Pair{1, 2}, Pair{2, 1});
                                              }},
                                         Body{"long_struct",
                                              [] {
                                                exchange_once(Long{{1, 2, 3}}, Long{{1, 2, 4}});
                                              }},
                                         Body{"atomic_ref", exchange_referred},
                                         Body{"function", exchange_by_function},
                                         Body{"builtin", exchange_by_builtin},
                                         Body{"volatile", exchange_volatile}),
                         name_of);

class NeverFails : public testing::TestWithParam<Body> {};

TEST_P(NeverFails, WithTheOption) {
  for (const char* strategy : {"random", "pct:3"}) {
    EXPECT_THAT(explore(GetParam().run, options_for(strategy, 2)), FindsNothing()) << strategy;
  }
  const Report report = explore(GetParam().run, options_for("exhaustive", 2));
  EXPECT_THAT(report, FindsNothing());
  EXPECT_TRUE(report.complete) << report;
}

INSTANTIATE_TEST_SUITE_P(
    Types, NeverFails,
    testing::Values(Body{"strong_char", [] { exchange_strongly('a', 'b'); }},
                    Body{"strong_int", [] { exchange_strongly(1, 2); }},
                    Body{"strong_pointer", [] { exchange_strongly(&one, &two); }},
                    Body{"strong_pair",
                         [] {
                           exchange_strongly(Pair{1, 2}, Pair{2, 1});
                         }},
                    Body{"loop", [] { exchange_in_a_loop(1, 2); }},
                    Body{"loop_pointer", [] { exchange_in_a_loop(&one, &two); }},
                    Body{"loop_long", [] { exchange_in_a_loop(Long{{1}}, Long{{2}}); }}),
    name_of);

// So many failures come first, from none to all of them.
TEST(WeakFailures, AddSoManyInterleavings) {
  for (const std::uint32_t failures : {0u, 1u, 2u, 5u}) {
    const Report report =
        explore([] { exchange_in_a_loop(1, 2); }, options_for("exhaustive", failures));
    EXPECT_TRUE(report.complete) << report;
    EXPECT_EQ(report.executions, 1 + failures);
    EXPECT_EQ(report.redundant, 0u);
  }
}

// Two threads, each with one attempt. The first succeeds, and the second must fail; or the first
// fails for no reason, and the second does so or succeeds: three, whoever is the first.
TEST(WeakFailures, OfTwoThreadsMakeSixInterleavings) {
  const auto body = [] {
    std::atomic<int> value{0};
    const auto attempt = [&](int mine) {
      int expected = 0;
      value.compare_exchange_weak(expected, mine);
    };
    std::thread other{[&] { attempt(1); }};
    attempt(2);
    other.join();
  };
  EXPECT_EQ(explore(body, options_for("exhaustive", 0)).executions, 2u);
  for (const std::uint32_t failures : {1u, 2u}) {
    const Report report = explore(body, options_for("exhaustive", failures));
    EXPECT_TRUE(report.complete) << report;
    EXPECT_EQ(report.executions, 6u);
    EXPECT_EQ(report.redundant, 0u);
  }
}

template <int kMost>
void count_failures() {
  std::atomic<int> value{0};
  int expected = 0, failures = 0;
  while (!value.compare_exchange_weak(expected, 1)) check(++failures <= kMost, "too many");
}

TEST(WeakFailures, ComeAsOftenAsIsAllowedAndNotMoreOften) {
  for (const char* strategy : {"random", "pct:3", "exhaustive"}) {
    EXPECT_THAT(explore(count_failures<3>, options_for(strategy, 3)), FindsNothing()) << strategy;
    EXPECT_THAT(explore(count_failures<2>, options_for(strategy, 3)), FindsAssertion()) << strategy;
  }
}

// Where a failed attempt is a load, it orders what a load with that order does, and no more.
TEST(WeakFailures, OrderWhatALoadOrders) {
  const auto with = [](std::memory_order on_failure) {
    return [on_failure] {
      std::atomic<int> ready{0};
      int data = 0;
      std::thread writer{[&] {
        data = 1;
        ready.store(1, std::memory_order_release);
      }};
      int expected = 1;
      const bool is_done =
          ready.compare_exchange_weak(expected, 2, std::memory_order_acquire, on_failure);
      if (is_done || expected == 1) check(data == 1);
      writer.join();
    };
  };
  EXPECT_THAT(explore(with(std::memory_order_acquire), options_for("exhaustive", 1)),
              FindsNothing());
  EXPECT_THAT(explore(with(std::memory_order_relaxed), options_for("exhaustive", 1)), FindsRace());
  EXPECT_THAT(explore(with(std::memory_order_relaxed), options_for("exhaustive", 0)),
              FindsNothing());
}

TEST(WeakFailures, StandInTheTable) {
  const Report report = explore([] { exchange_once(1, 2); }, options_for("random", 1));
  ASSERT_THAT(report, FindsAssertion());
  EXPECT_TRUE(std::any_of(report.findings[0].steps.begin(), report.findings[0].steps.end(),
                          [](const Step& step) {
                            return step.action.starts_with("compare_exchange_weak ") &&
                                   step.action.ends_with(": is 1, fails spuriously");
                          }))
      << report;
}

TEST(WeakFailures, AreNoMoreThanTheFindingNeedsAndReplayedWithoutTheOption) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Options options = options_for("random", 3);
    options.seed = seed;
    options.jobs = 1 + seed % 3;
    const Report found = explore(count_failures<1>, options);
    ASSERT_THAT(found, FindsAssertion());
    const std::string token = found.findings[0].token;
    EXPECT_EQ(scheduler::decode(token).schedule.deviations.size(), 2u) << found;
    Options replaying;
    replaying.replay = token;
    const Report again = explore(count_failures<1>, replaying);
    ASSERT_THAT(again, FindsAssertion());
    EXPECT_EQ(again.findings[0].token, token);
    EXPECT_TRUE(again.findings[0].notes.empty()) << again;
  }
}

// In another process: this program runs itself, with only the next test.
TEST(WeakFailureElsewhere, IsNoReason) {
  const Report report = explore(count_failures<0>, options_for("random", 1));
  ASSERT_THAT(report, FindsAssertion());
  tests::print_result(report.findings[0].token + "\n" + report.findings[0].text());
}

TEST(WeakFailures, AreReplayedInAnotherProcess) {
  const tests::Program program{"--gtest_filter=WeakFailureElsewhere.*"};
  const tests::Ending found = program.run({});
  ASSERT_EQ(found.exit_code, 0) << found.output;
  const std::string token = found.result.substr(0, found.result.find('\n'));
  const tests::Ending again = program.run({{"RADDLE_REPLAY", token}});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(again.result.substr(0, again.result.find('\n')), token);
  EXPECT_THAT(again.result, HasSubstr("fails spuriously"));
}

}  // namespace
}  // namespace raddle
