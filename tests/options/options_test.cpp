#include "harness/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace raddle::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr StrategyInfo kStrategies[] = {
    {"random", "random[:P]", "a random walk"},
    {"pct", "pct[:DEPTH[:POINTS]]", "random priorities"},
    {"replay", "replay", "one schedule"},
    {"portfolio", "portfolio", "all in turn"},
};

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

Options with(const Environment& environment) {
  return with_environment({}, environment, kStrategies);
}

std::string error_with(const Environment& environment) {
  return error_of([&] { with(environment); });
}

std::string error_in(const Options& options) {
  return error_of([&] { with_environment(options, {}, kStrategies); });
}

TEST(Options, AreUnchangedByAnEmptyEnvironment) {
  Options options;
  options.test = "Account.NeverOverdrawn";
  options.executions = 7;
  const Options result = with_environment(options, {}, kStrategies);
  EXPECT_EQ(result.test, "Account.NeverOverdrawn");
  EXPECT_EQ(result.executions, 7u);
  EXPECT_EQ(result.strategy, "portfolio");
}

TEST(Options, AreAllSetByTheEnvironment) {
  const Options options = with({{"RADDLE_STRATEGY", "pct:5"},
                                {"RADDLE_SEED", "18446744073709551615"},
                                {"RADDLE_EXECUTIONS", "123"},
                                {"RADDLE_TIME", "2m"},
                                {"RADDLE_JOBS", "4"},
                                {"RADDLE_STEPS", "5000"},
                                {"RADDLE_WATCHDOG", "500ms"},
                                {"RADDLE_ON_RACE", "explore"},
                                {"RADDLE_ALL_ACCESSES", "1"},
                                {"RADDLE_SPURIOUS_WAKEUPS", "3"},
                                {"RADDLE_WEAK_FAILURES", "0x4"},
                                {"RADDLE_MINIMISE", "off"},
                                {"RADDLE_REPLAY", "r1-7YJQ2"},
                                {"RADDLE_STACK", "1M"}});
  EXPECT_EQ(options.strategy, "pct:5");
  EXPECT_EQ(options.seed, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(options.executions, 123u);
  EXPECT_EQ(options.time_s, 120);
  EXPECT_EQ(options.jobs, 4u);
  EXPECT_EQ(options.steps_max, 5000u);
  EXPECT_EQ(options.watchdog_s, 0.5);
  EXPECT_EQ(options.on_race, OnRace::Explore);
  EXPECT_TRUE(options.all_accesses);
  EXPECT_EQ(options.spurious_wakeups, 3u);
  EXPECT_EQ(options.weak_failures, 4u);
  EXPECT_FALSE(options.minimise);
  EXPECT_EQ(options.replay, "r1-7YJQ2");
  EXPECT_EQ(options.stack_bytes, 1024u * 1024);
}

TEST(Options, LetTheEnvironmentWin) {
  Options options;
  options.seed = 1;
  EXPECT_EQ(with_environment(options, {{"RADDLE_SEED", "0x2a"}}, kStrategies).seed, 42u);
}

TEST(Options, NameTheNearestVariableAndAllValidOnes) {
  EXPECT_THAT(error_with({{"RADDLE_EXECUTION", "1"}}),
              AllOf(StartsWith("unknown environment variable RADDLE_EXECUTION; did you mean "
                               "RADDLE_EXECUTIONS?\nvalid: RADDLE_STRATEGY, "),
                    HasSubstr("RADDLE_STACK")));
  EXPECT_THAT(error_with({{"RADDLE_", "1"}}), HasSubstr("unknown environment variable RADDLE_"));
  EXPECT_THAT(error_with({{"RADDLE_FRUITBASKET", "1"}}), Not(HasSubstr("did you mean")));
}

TEST(Options, SayWhichValueIsBadAndWhatIsValid) {
  EXPECT_EQ(error_with({{"RADDLE_ON_RACE", "panic"}}),
            "RADDLE_ON_RACE=\"panic\" is not valid: it must be report, explore or ignore, or the "
            "variable unset");
  for (const char* bad : {"", " ", "-1", "+1", "1.5", "ten", "1x", "0x", "18446744073709551616"}) {
    EXPECT_THAT(error_with({{"RADDLE_SEED", bad}}),
                AllOf(StartsWith("RADDLE_SEED=\"" + std::string(bad)), HasSubstr("a whole number")))
        << bad;
  }
  EXPECT_THAT(error_with({{"RADDLE_JOBS", "4294967296"}}), HasSubstr("RADDLE_JOBS"));
  for (const char* name : {"RADDLE_SPURIOUS_WAKEUPS", "RADDLE_WEAK_FAILURES"}) {
    for (const char* bad : {"", "-1", "once", "4294967296"}) {
      EXPECT_EQ(error_with({{name, bad}}),
                std::string(name) + "=\"" + bad +
                    "\" is not valid: it must be a whole number, or the variable unset");
    }
  }
  EXPECT_THAT(error_with({{"RADDLE_TIME", "soon"}}), HasSubstr("such as 500ms"));
  EXPECT_THAT(error_with({{"RADDLE_MINIMISE", "maybe"}}), HasSubstr("true"));
  EXPECT_THAT(error_with({{"RADDLE_STACK", "18446744073709551615M"}}), HasSubstr("256K"));
  EXPECT_THAT(error_with({{"RADDLE_REPLAY", ""}}), HasSubstr("starts with r1-"));
}

TEST(Options, AreCheckedWhereverTheyComeFrom) {
  const std::string expected =
      "executions must be at least 1 (Options::executions or RADDLE_EXECUTIONS)";
  EXPECT_EQ(error_with({{"RADDLE_EXECUTIONS", "0"}}), expected);
  Options options;
  options.executions = 0;
  EXPECT_EQ(error_in(options), expected);
  EXPECT_EQ(error_of([&] {
              with_environment(options, {{"RADDLE_EXECUTIONS", "1"}}, kStrategies);
            }),
            "no error");
}

TEST(Options, KeepToTheirLimits) {
  const auto error_after = [](auto change) {
    Options options;
    change(options);
    return error_in(options);
  };
  EXPECT_THAT(error_after([](Options& o) { o.steps_max = 0; }), HasSubstr("RADDLE_STEPS"));
  EXPECT_THAT(error_after([](Options& o) { o.jobs = 1025; }), HasSubstr("at most 1024"));
  EXPECT_THAT(error_after([](Options& o) { o.time_s = -1; }), HasSubstr("time_s must be"));
  EXPECT_THAT(error_after([](Options& o) { o.time_s = NAN; }), HasSubstr("time_s must be"));
  EXPECT_THAT(error_after([](Options& o) { o.watchdog_s = 0; }), HasSubstr("watchdog_s must be"));
  EXPECT_THAT(error_after([](Options& o) { o.stack_bytes = 65535; }), HasSubstr("at least 65536"));
  EXPECT_THAT(error_after([](Options& o) { o.stack_bytes = SIZE_MAX; }), HasSubstr("at most"));
  EXPECT_THAT(error_after([](Options& o) { o.strategy = "fast"; }), HasSubstr("unknown strategy"));
  EXPECT_EQ(error_after([](Options& o) { o.stack_bytes = 65536; }), "no error");
}

TEST(Environment, KeepsOnlyWhatIsOurs) {
  const char* const entries[] = {"PATH=/bin",  "RADDLE_SEED=1",  "RADDLE_TIME=a=b",
                                 "RADDLE_ODD", "XRADDLE_JOBS=2", nullptr};
  EXPECT_EQ(raddle_environment(entries),
            (Environment{{"RADDLE_SEED", "1"}, {"RADDLE_TIME", "a=b"}}));
  EXPECT_EQ(raddle_environment(nullptr), Environment{});
}

TEST(Duration, HasFourUnitsAndDefaultsToSeconds) {
  EXPECT_EQ(parse_duration("500ms"), 0.5);
  EXPECT_EQ(parse_duration("10s"), 10);
  EXPECT_EQ(parse_duration("2m"), 120);
  EXPECT_EQ(parse_duration("1h"), 3600);
  EXPECT_EQ(parse_duration("1.5"), 1.5);
  EXPECT_EQ(parse_duration("0"), 0);
}

TEST(Duration, IsFiniteAndNotNegative) {
  for (const char* bad : {"", "s", "ms", "-1s", "1 s", " 1", "1d", "1s2", "inf", "nan", "1e400",
                          "1e308h", "0x10", "1,5"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Strategy, IsANameWithArguments) {
  EXPECT_EQ(parse_strategy("random", kStrategies), (StrategySpec{"random", {}}));
  EXPECT_EQ(parse_strategy("random:0.25", kStrategies), (StrategySpec{"random", {"0.25"}}));
  EXPECT_EQ(parse_strategy("pct:3:1000", kStrategies), (StrategySpec{"pct", {"3", "1000"}}));
}

TEST(Strategy, IsOneOfTheListed) {
  EXPECT_EQ(error_of([] { parse_strategy("rnadom:0.5", kStrategies); }),
            "unknown strategy \"rnadom:0.5\"; did you mean random?\n"
            "valid strategies:\n"
            "  random[:P]            a random walk\n"
            "  pct[:DEPTH[:POINTS]]  random priorities\n"
            "  replay                one schedule\n"
            "  portfolio             all in turn");
  for (const char* bad : {"", ":", ":3", "Random", "random "}) {
    EXPECT_THAT(error_of([&] { parse_strategy(bad, kStrategies); }), HasSubstr("unknown")) << bad;
  }
}

TEST(Strategy, TakesAsManyArgumentsAsItsSyntaxShows) {
  EXPECT_EQ(error_of([] { parse_strategy("replay:1", kStrategies); }),
            "strategy \"replay:1\" has too many arguments; it is written replay");
  EXPECT_THAT(error_of([] { parse_strategy("pct:1:2:3", kStrategies); }), HasSubstr("too many"));
  EXPECT_THAT(error_of([] { parse_strategy("random:", kStrategies); }),
              HasSubstr("empty argument"));
  EXPECT_THAT(error_of([] { parse_strategy("pct::3", kStrategies); }), HasSubstr("empty argument"));
}

TEST(Strategy, SaysWhichNumbersItsArgumentsMayBe) {
  const auto depth = [](const char* text) {
    return number_argument({"pct", {text}}, 0, "depth", 3, 1, 64);
  };
  EXPECT_EQ(depth("64"), 64u);
  EXPECT_EQ(number_argument({"pct", {}}, 0, "depth", 3, 1, 64), 3u);
  EXPECT_EQ(error_of([&] { depth("65"); }),
            "strategy pct: the depth must be a whole number from 1 to 64, not \"65\"");
  for (const char* bad : {"0", "-1", "x", "3.5", "99999999999999999999"}) {
    EXPECT_THAT(error_of([&] { depth(bad); }), HasSubstr("from 1 to 64")) << bad;
  }
}

TEST(Strategy, SaysThatAProbabilityIsBetweenZeroAndOne) {
  const auto probability = [](const char* text) {
    return probability_argument({"random", {text}}, 0, "switch probability", -1);
  };
  EXPECT_EQ(probability("0.25"), 0.25);
  EXPECT_EQ(probability("0"), 0);
  EXPECT_EQ(probability("1"), 1);
  EXPECT_EQ(probability_argument({"random", {}}, 0, "switch probability", -1), -1);
  for (const char* bad : {"1.01", "-0.1", "nan", "inf", "half"}) {
    EXPECT_THAT(error_of([&] { probability(bad); }),
                HasSubstr("the switch probability must be a number from 0 to 1"))
        << bad;
  }
}

}  // namespace
}  // namespace raddle::harness
