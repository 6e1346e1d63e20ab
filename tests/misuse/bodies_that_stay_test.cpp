// Bodies that do not come back, or leave something running.
#include "tests/misuse/misuse.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace raddle {
namespace {

using tests::InBothModes;

class Stays : public InBothModes {};

// Read through a pointer that the compiler cannot see through: an endless loop without effects
// would be none.
std::atomic<bool> truth{true};
std::atomic<bool>* volatile always = &truth;

TEST_P(Stays, InALoopThatReads) {
  Options options = tests::few_executions();
  options.jobs = GetParam();
  options.steps_max = 100'000;
  const Report report = explore(
      [] {
        const std::atomic<bool>& go_on = *always;
        while (go_on) {
        }
      },
      options);
  tests::expect_finding(report, FindingKind::StepLimit, "100000");
}

TEST_P(Stays, InALoopOverPlainMemory) {
  Options options = tests::few_executions();
  options.jobs = GetParam();
  options.steps_max = 100'000;
  const Report report = explore(
      [] {
        std::vector<int> numbers(8);
        for (std::size_t i = 0;; ++i) numbers[i % 8] += static_cast<int>(i);
      },
      options);
  tests::expect_finding(report, FindingKind::StepLimit, "100000");
}

TEST_P(Stays, InALoopThatRaddleDoesNotSee) {
  const Report report = explore_misuse([] {
    for (;;) __asm__ volatile("");
  });
  tests::expect_finding(report, FindingKind::UncontrolledBlocking, "endless loop");
}

TEST_P(Stays, InALoopOfAThread) {
  const Report report = explore_misuse([] {
    std::thread thread{[] {
      for (;;) __asm__ volatile("");
    }};
    thread.join();
  });
  tests::expect_finding(report, FindingKind::UncontrolledBlocking, "T1");
}

void read_from_silent_pipe() {
  int ends[2];
  if (pipe(ends) != 0) return;
  char byte = 0;
  if (read(ends[0], &byte, 1) < 0) check(false, "read failed");
}

TEST_P(Stays, InReadOfAPipe) {
  const Report report = explore_misuse([] {
    std::thread reader{read_from_silent_pipe};
    reader.join();
  });
  tests::expect_finding(report, FindingKind::UncontrolledBlocking, "read");
  const std::string text = report.findings.at(0).text();
  EXPECT_THAT(text, testing::HasSubstr("T1"));
  EXPECT_THAT(text, testing::HasSubstr("read_from_silent_pipe"));
  EXPECT_THAT(text, testing::HasSubstr("bodies_that_stay_test.cpp"));
}

TEST_P(Stays, WithADetachedThreadThatWaitsForEver) {
  const Report report = explore_misuse([] {
    static std::atomic<bool> never{false};
    std::thread{[] { never.wait(false); }}.detach();
  });
  tests::expect_finding(report, FindingKind::Deadlock, "T1");
}

TEST_P(Stays, WithADetachedThreadThatEndsLater) {
  const Report report = explore_misuse([] {
    std::thread{[] {
      for (int i = 0; i < 10; ++i) std::this_thread::sleep_for(std::chrono::seconds{1});
    }}.detach();
  });
  EXPECT_THAT(report, FindsNothing()) << report;
}

TEST_P(Stays, UntilTwoHundredThreadsAreDone) {
  const Report report = explore_misuse([] {
    std::atomic<int> counter{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 200; ++i) threads.emplace_back([&] { ++counter; });
    for (std::thread& thread : threads) thread.join();
    check(counter == 200);
  });
  EXPECT_THAT(report, FindsNothing()) << report;
}

TEST_P(Stays, WithMoreThreadsThanThereCanBe) {
  const Report report = explore_misuse([] {
    std::atomic<int> counter{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2000; ++i) threads.emplace_back([&] { ++counter; });
    for (std::thread& thread : threads) thread.join();
  });
  tests::expect_finding(report, FindingKind::Crash, "more than 1024 threads");
}

INSTANTIATE_TEST_SUITE_P(Jobs, Stays, testing::Values(1u, 2u), tests::name_of_jobs);

}  // namespace
}  // namespace raddle
