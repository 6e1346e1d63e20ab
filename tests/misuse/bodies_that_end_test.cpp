// Bodies that end the process, or try to: each is a finding, and the next exploration works.
#include "tests/misuse/misuse.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace raddle {
namespace {

using tests::InBothModes;

void fail_with(const char* what) { throw std::runtime_error(what); }

class Ends : public InBothModes {};

TEST_P(Ends, ByExit) {
  const Report report = explore_misuse([] { std::exit(3); });
  tests::expect_finding(report, FindingKind::ExitStatus, "exit(3)");
}

TEST_P(Ends, ByExitOfAThread) {
  const Report report = explore_misuse([] { std::thread{[] { std::exit(0); }}.join(); });
  tests::expect_finding(report, FindingKind::ExitStatus, "exit(0)");
}

TEST_P(Ends, ByUnderscoreExit) {
  const Report report = explore_misuse([] { _exit(4); });
  tests::expect_finding(report, FindingKind::ExitStatus, "_exit(4)");
}

TEST_P(Ends, ByQuickExit) {
  const Report report = explore_misuse([] { std::quick_exit(5); });
  tests::expect_finding(report, FindingKind::ExitStatus, "quick_exit(5)");
}

TEST_P(Ends, ByAbort) {
  const Report report = explore_misuse([] { std::abort(); });
  tests::expect_finding(report, FindingKind::Crash, "abort");
}

TEST_P(Ends, ByTerminateOfAJoinableThread) {
  const Report report = explore_misuse([] { const std::thread never_joined{[] {}}; });
  tests::expect_finding(report, FindingKind::Crash, "joinable");
}

TEST_P(Ends, ByAnExceptionOfTheBody) {
  const Report report = explore_misuse([] { throw std::runtime_error("out of paper"); });
  tests::expect_finding(report, FindingKind::Exception, "out of paper");
}

TEST_P(Ends, ByAnExceptionOfAThread) {
  const Report report = explore_misuse([] {
    std::thread thread{[] { throw std::runtime_error("out of ink"); }};
    thread.join();
  });
  tests::expect_finding(report, FindingKind::Exception, "out of ink");
}

TEST_P(Ends, ByAnExceptionThatIsNone) {
  const Report report = explore_misuse([] { throw 7; });
  tests::expect_finding(report, FindingKind::Exception, "std::exception");
}

TEST_P(Ends, ByAnExceptionThroughNoexcept) {
  const Report report = explore_misuse([] {
    const auto careless = []() noexcept { fail_with("out of time"); };
    careless();
  });
  tests::expect_finding(report, FindingKind::Crash, "out of time");
}

TEST_P(Ends, ByANullPointer) {
  const Report report = explore_misuse([] {
    int* volatile nowhere = nullptr;
    *nowhere = 1;
  });
  tests::expect_finding(report, FindingKind::Crash, "null pointer");
}

TEST_P(Ends, ByAStackOverflow) {
  const Report report = explore_misuse([] { tests::recurse(0); });
  tests::expect_finding(report, FindingKind::Crash, "stack overflow");
}

TEST_P(Ends, ByAStackOverflowOfAThread) {
  const Report report = explore_misuse([] { std::thread{[] { tests::recurse(0); }}.join(); });
  tests::expect_finding(report, FindingKind::Crash, "stack overflow");
}

TEST_P(Ends, ByASignalThatItRaises) {
  const Report report = explore_misuse([] { std::raise(SIGFPE); });
  tests::expect_finding(report, FindingKind::Crash, "SIGFPE");
}

INSTANTIATE_TEST_SUITE_P(Jobs, Ends, testing::Values(1u, 2u), tests::name_of_jobs);

// What cannot be caught needs a process of its own.
TEST(EndsInAWorker, ByKill) {
  Options options = tests::few_executions();
  options.jobs = 2;
  const Report report = explore([] { kill(getpid(), SIGKILL); }, options);
  tests::expect_finding(report, FindingKind::Crash, "SIGKILL");
  tests::expect_ordinary_exploration(2);
}

TEST(EndsInAWorker, ByKillInSomeScheduleOnly) {
  const auto body = [] {
    std::atomic<int> first{0};
    std::thread a{[&] {
      int none = 0;
      first.compare_exchange_strong(none, 1);
    }};
    std::thread b{[&] {
      int none = 0;
      first.compare_exchange_strong(none, 2);
    }};
    a.join();
    b.join();
    if (first == 2) kill(getpid(), SIGKILL);
  };
  Options options = tests::few_executions();
  options.jobs = 2;
  const Report report = explore(body, options);
  tests::expect_finding(report, FindingKind::Crash, "SIGKILL");
  Options replay;
  replay.jobs = 2;
  replay.replay = report.findings.at(0).token;
  const Report again = explore(body, replay);
  tests::expect_finding(again, FindingKind::Crash, "SIGKILL");
  EXPECT_EQ(again.findings.at(0).token, replay.replay);
}

}  // namespace
}  // namespace raddle
