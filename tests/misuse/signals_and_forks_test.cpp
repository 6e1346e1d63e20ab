// Bodies that reach for what lies under threads: processes, signals, jumps.
#include "tests/misuse/misuse.hpp"

#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace raddle {
namespace {

using tests::InBothModes;

class ReachesBelow : public InBothModes {};

TEST_P(ReachesBelow, ByFork) {
  const Report report = explore_misuse([] {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    int status = 0;
    waitpid(child, &status, 0);
  });
  tests::expect_finding(report, FindingKind::UncontrolledBlocking, "fork");
}

TEST_P(ReachesBelow, ByACommand) {
  Options options = tests::few_executions();
  options.jobs = GetParam();
  options.executions = 3;
  options.watchdog_s = 10;
  const Report report = explore([] { check(std::system("exit 3") >> 8 == 3); }, options);
  EXPECT_THAT(report, FindsNothing()) << report;
}

std::atomic<int> signals_seen{0};

TEST_P(ReachesBelow, ByASignalHandler) {
  const Report report = explore_misuse([] {
    signals_seen = 0;
    std::signal(SIGUSR1, [](int) { ++signals_seen; });
    std::thread{[] { std::raise(SIGUSR1); }}.join();
    std::raise(SIGUSR1);
    std::signal(SIGUSR1, SIG_DFL);
    check(signals_seen == 2);
  });
  EXPECT_THAT(report, FindsNothing()) << report;
}

TEST_P(ReachesBelow, ByASignalThatIsIgnored) {
  const Report report = explore_misuse([] {
    std::signal(SIGUSR2, SIG_IGN);
    std::raise(SIGUSR2);
    std::signal(SIGUSR2, SIG_DFL);
  });
  EXPECT_THAT(report, FindsNothing()) << report;
}

TEST_P(ReachesBelow, ByALongJump) {
  const Report report = explore_misuse([] {
    std::atomic<int> rounds{0};
    const auto jump_once = [&rounds] {
      std::jmp_buf place;
      if (setjmp(place) == 0) {
        ++rounds;
        std::longjmp(place, 1);
      }
    };
    std::thread a{jump_once}, b{jump_once};
    a.join();
    b.join();
    check(rounds == 2);
  });
  EXPECT_THAT(report, FindsNothing()) << report;
}

INSTANTIATE_TEST_SUITE_P(Jobs, ReachesBelow, testing::Values(1u, 2u), tests::name_of_jobs);

// Past every interposed function, with the exit code of success.
TEST(EndsInAWorker, ByARawSystemCall) {
  Options options = tests::few_executions();
  options.jobs = 2;
  const auto body = [] {
    long call = SYS_exit_group;
    asm volatile("syscall" : "+a"(call) : "D"(0L) : "rcx", "r11", "memory");
  };
  const Report report = explore(body, options);
  tests::expect_finding(report, FindingKind::Crash, "exit code 0");
  tests::expect_ordinary_exploration(2);
}

// Printf holds a lock of the stream when the thread is torn away from it.
TEST_P(ReachesBelow, ByACrashInsidePrintf) {
  const Report report = explore_misuse([] {
    const char* volatile nowhere = reinterpret_cast<const char*>(16);
    std::printf("%s\n", nowhere);
  });
  tests::expect_finding(report, FindingKind::Crash, "SIGSEGV");
  std::printf("the stream still works\n");
}

}  // namespace
}  // namespace raddle
