// What RADDLE_TEST and RADDLE_TEST_F register and run.
#include "harness/gtest/reporter.hpp"
#include <raddle/gtest.hpp>

#include <cstdio>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace raddle::gtest {
namespace {

// A pointer to a protected member, named through a derived class, may be used on
// any Test: so hooks that a fixture made private are called, as GoogleTest does.
class Hooks : public testing::Test {
 public:
  static void set_up(testing::Test& test) { (test.*&Hooks::SetUp)(); }
  static void tear_down(testing::Test& test) { (test.*&Hooks::TearDown)(); }
};

// As GoogleTest's own output. A report in an XML or JSON file has no colours.
bool is_colored() {
  const std::string& wanted = GTEST_FLAG_GET(color);
  if (wanted == "yes" || wanted == "true") return true;
  return wanted == "auto" && GTEST_FLAG_GET(output).empty() && getenv("NO_COLOR") == nullptr &&
         isatty(STDOUT_FILENO) == 1;
}

class Explored final : public testing::Test {
 public:
  Explored(const TestPlace& place, Body body, MakeOptions options)
      : place_{place}, body_{body}, options_{options} {}

 private:
  void TestBody() override {
    try {
      Options options = options_();
      if (options.test.empty()) options.test = std::string{place_.suite} + "." + place_.name;
      show(explore(body_, options));
    } catch (const UsageError& error) {
      ADD_FAILURE_AT(place_.file, place_.line) << error.what();
    }
  }

  void show(const Report& report) const {
    if (!report.clean()) {
      ADD_FAILURE_AT(place_.file, place_.line) << report.text(is_colored());
      return;
    }
    if (report.limit == "replay") {
      std::printf("[  raddle  ] %s: replayed: clean\n", report.test.c_str());
    } else {
      std::printf("[  raddle  ] %s: %llu executions, %s: clean\n", report.test.c_str(),
                  static_cast<unsigned long long>(report.executions), report.coverage().c_str());
    }
    std::fflush(stdout);
  }

  TestPlace place_;
  Body body_;
  MakeOptions options_;
};

class Factory final : public testing::internal::TestFactoryBase {
 public:
  Factory(const TestPlace& place, Body body, MakeOptions options)
      : place_{place}, body_{body}, options_{options} {}
  testing::Test* CreateTest() override { return new Explored{place_, body_, options_}; }

 private:
  TestPlace place_;
  Body body_;
  MakeOptions options_;
};

}  // namespace

testing::internal::TestFactoryBase* explored_test(const TestPlace& place, Body body,
                                                  MakeOptions options) {
  return new Factory{place, body, options};
}

bool set_up(testing::Test& test) {
  forget_fatal_failures();
  Hooks::set_up(test);
  return !must_not_go_on();
}

void tear_down(testing::Test& test) { Hooks::tear_down(test); }

}  // namespace raddle::gtest
