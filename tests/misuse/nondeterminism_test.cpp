// Bodies whose outcome depends on more than the schedule: the report must say so, and
// must not present the outcome as something that a token replays.
#include "tests/misuse/misuse.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace raddle {
namespace {

Options in_workers() {
  Options options = tests::few_executions();
  options.jobs = 2;
  options.executions = 5000;
  return options;
}

// Real time, past the virtual clock, which syscall() reads as well: true in one of 16
// cases, never the same ones.
bool is_lucky_moment() {
  timespec now{};
  long result = SYS_clock_gettime;
  asm volatile("syscall" : "+a"(result) : "D"(CLOCK_MONOTONIC), "S"(&now) : "rcx", "r11", "memory");
  return (static_cast<std::uint64_t>(now.tv_nsec) * 0x9E3779B97F4A7C15u) >> 60 == 0;
}

void start_one_thread() {
  std::thread{[] {}}.join();
}

TEST(Nondeterminism, IsToldOfAGlobalThatOneExecutionLeavesToTheNext) {
  static int executions = 0;
  const Report report = explore(
      [] {
        start_one_thread();
        check(++executions < 40, "too many");
      },
      in_workers());
  tests::expect_finding(report, FindingKind::Nondeterminism, "earlier executions");
  EXPECT_THAT(report.findings.at(0).text(), testing::HasSubstr("++executions < 40"));
  tests::expect_ordinary_exploration(2);
}

// In one moment of 256 the failure comes again at once, and is then a true one.
TEST(Nondeterminism, NamesTheFirstStepThatDiffers) {
  const Report report = explore(
      [] {
        std::atomic<int> here{0}, there{0};
        std::thread a{[&] { ++here; }};
        for (int i = 0; i < 200; ++i) is_lucky_moment() ? ++here : there.load();
        a.join();
        check(!is_lucky_moment() || !is_lucky_moment(), "lucky");
      },
      in_workers());
  ASSERT_EQ(report.findings.size(), 1u) << report;
  const std::string text = report.findings[0].text();
  if (report.findings[0].kind == FindingKind::Nondeterminism) {
    // Where the time is first looked at, not where it first leads elsewhere.
    EXPECT_THAT(text, testing::ContainsRegex("not do the same twice: at step [0-9]+, main: read"));
    EXPECT_THAT(text, testing::HasSubstr("now.tv_nsec"));
  } else {
    EXPECT_THAT(text, testing::HasSubstr("not deterministic"));
  }
  tests::expect_ordinary_exploration(2);
}

// The schedule decides what fails, real time what happens on the way.
TEST(Nondeterminism, IsNotedWhenTheSameFailureComesByOtherSteps) {
  const Report report = explore(
      [] {
        std::atomic<int> here{0};
        const std::size_t chosen = choose(4);
        for (int i = 0; i < 200; ++i) {
          // A load in place of the fence, which nobody uses, would be optimised away, and
          // with it the order in which the two come.
          if (is_lucky_moment()) {
            ++here;
          } else {
            std::atomic_thread_fence(std::memory_order_seq_cst);
          }
        }
        check(chosen != 3, "three");
      },
      in_workers());
  tests::expect_finding(report, FindingKind::Assertion, "came to the same end by other steps");
}

// Addresses of the heap are the same in every process, so that this does not differ.
TEST(Nondeterminism, DoesNotComeFromAddressesOfTheHeap) {
  const auto body = [] {
    std::atomic<int> sum{0};
    const auto block = std::make_unique<int>(1);
    const auto bits = reinterpret_cast<std::uintptr_t>(block.get()) >> 4;
    std::thread a{[&] { sum = sum + static_cast<int>(bits % 3); }};
    std::thread b{[&] { sum = sum + 1; }};
    a.join();
    b.join();
    check(sum == static_cast<int>(bits % 3) + 1);
  };
  const Report report = explore(body, in_workers());
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_EQ(report.findings[0].kind, FindingKind::Assertion) << report;
  Options replay;
  replay.replay = report.findings[0].token;
  const Report again = explore(body, replay);
  ASSERT_EQ(again.findings.size(), 1u) << again;
  EXPECT_EQ(again.findings[0].token, replay.replay);
}

TEST(Nondeterminism, InThisProcessDoesNotHang) {
  Options options = in_workers();
  options.jobs = 1;
  static int executions = 0;
  const Report report = explore(
      [] {
        start_one_thread();
        check(++executions % 40 != 0, "every fortieth");
      },
      options);
  tests::expect_finding(report, FindingKind::Nondeterminism, "every fortieth");
  tests::expect_ordinary_exploration(1);
}

}  // namespace
}  // namespace raddle
