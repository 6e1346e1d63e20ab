// A search that is interrupted, in whatever way, goes on and comes to the same end.
#include "tests/exhaustive/programs.hpp"
#include <raddle/gtest.hpp>

#include <gmock/gmock.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace raddle::exhaustive {
namespace {

using testing::HasSubstr;

std::atomic<int> global{0};

// What the program that is run explores. They use nothing of the caller's.
std::function<void()> body_named(const std::string& name) {
  if (name == "fibonacci") return [] { fibonacci(5); };
  if (name == "large") return [] { fibonacci(6); };
  if (name == "counter") return [] { reader_writer_counter(4); };
  if (name == "spin") return [] { test_and_test_and_set(3, 1); };
  if (name == "values") {
    return [] {
      std::atomic<int> x{0};
      std::thread other{[&] { x.store(static_cast<int>(choose(90))); }};
      x.store(static_cast<int>(choose(80)));
      other.join();
    };
  }
  // Globals lie elsewhere in each process.
  return [] {
    std::thread threads[5];
    for (std::thread& thread : threads) {
      thread = std::thread{[] {
        const int seen = global.load();
        global.store(seen + 1);
      }};
    }
    for (std::thread& thread : threads) thread.join();
  };
}

// Not a test: it is run by those below.
TEST(CheckpointedProgram, DISABLED_Explores) {
  const std::string name = std::getenv("CHECKPOINTED_PROGRAM");
  Options options;
  options.strategy = "exhaustive";
  options.executions = 1'000'000;
  if (const char* test = std::getenv("CHECKPOINTED_TEST")) options.test = test;
  try {
    const Report report = explore(body_named(name), options);
    std::printf("RESULT %llu %llu %s\n", static_cast<unsigned long long>(report.executions),
                static_cast<unsigned long long>(report.redundant), report.limit.c_str());
  } catch (const UsageError& error) {
    std::printf("USAGE %s\n", error.what());
  }
  std::fflush(stdout);
}

class Checkpoints : public testing::Test {
 protected:
  struct Outcome {
    int status = 0;
    std::string output;

    bool was_killed_by(int signal) const {
      return WIFSIGNALED(status) && WTERMSIG(status) == signal;
    }
    std::uint64_t executions() const { return field(1); }
    std::string limit() const {
      std::istringstream line(result());
      std::string word;
      while (line >> word) {
      }
      return word;
    }
    bool has_ended() const { return !result().empty(); }

   private:
    std::string result() const {
      const std::size_t begin = output.find("RESULT ");
      return begin == output.npos ? "" : output.substr(begin, output.find('\n', begin) - begin);
    }
    std::uint64_t field(int number) const {
      std::istringstream line(result());
      std::string word;
      for (int i = 0; i <= number; ++i) line >> word;
      return word.empty() ? 0 : std::strtoull(word.c_str(), nullptr, 10);
    }
  };

  void SetUp() override {
    std::string name = testing::TempDir() + "checkpoints_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A process of its own, with a layout of its own. `signal` is sent to it after `after_ms`.
  Outcome run(const std::string& program, std::vector<std::string> variables = {}, int signal = 0,
              int after_ms = 0) {
    variables.push_back("CHECKPOINTED_PROGRAM=" + program);
    variables.push_back("RADDLE_CHECKPOINT=" + folder_.string());
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      dup2(ends[1], 1);
      dup2(ends[1], 2);
      close(ends[0]);
      for (std::string& variable : variables) putenv(variable.data());
      execl("/proc/self/exe", "exhaustive_test", "--gtest_filter=CheckpointedProgram.*",
            "--gtest_also_run_disabled_tests", nullptr);
      _exit(99);
    }
    close(ends[1]);
    if (signal != 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
      kill(child, signal);
    }
    Outcome outcome;
    std::array<char, 4096> part{};
    for (ssize_t length = 0; (length = read(ends[0], part.data(), part.size())) > 0;) {
      outcome.output.append(part.data(), static_cast<std::size_t>(length));
    }
    close(ends[0]);
    waitpid(child, &outcome.status, 0);
    return outcome;
  }

  std::filesystem::path file() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) return entry.path();
    return {};
  }
  std::string content() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }
  // Leaves a file of a search that is not over.
  void interrupt(const std::string& program) {
    const Outcome outcome = run(program, {"RADDLE_EXECUTIONS=500"});
    ASSERT_EQ(outcome.limit(), "executions") << outcome.output;
    ASSERT_FALSE(file().empty());
  }

  std::filesystem::path folder_;
};

struct Sample {
  const char* program;
  std::uint64_t executions;
};

class EachCheckpoint : public Checkpoints, public testing::WithParamInterface<Sample> {};
INSTANTIATE_TEST_SUITE_P(Programs, EachCheckpoint,
                         testing::Values(Sample{"fibonacci", 8'953}, Sample{"counter", 2'520},
                                         Sample{"values", 2 * 80 * 90}, Sample{"global", 14'400}),
                         [](const auto& info) { return std::string(info.param.program); });

// With the same command again and again, by one worker or several.
TEST_P(EachCheckpoint, GoesOnWhereALimitEndedIt) {
  for (const bool is_alone : {true, false}) {
    std::vector<std::string> variables{"RADDLE_EXECUTIONS=1000", "RADDLE_JOBS=3"};
    Outcome outcome;
    for (int times = 0; times < 40; ++times) {
      if (is_alone) variables[1] = "RADDLE_JOBS=1";
      outcome = run(GetParam().program, variables);
      ASSERT_TRUE(outcome.has_ended()) << outcome.output;
      if (outcome.limit() == "complete") break;
      ASSERT_EQ(outcome.limit(), "executions") << outcome.output;
    }
    EXPECT_EQ(outcome.limit(), "complete");
    EXPECT_EQ(outcome.executions(), GetParam().executions);
    EXPECT_TRUE(file().empty());
  }
}

// Killed at any moment: what was not yet saved is run again, and nothing is lost or counted twice.
TEST_F(Checkpoints, GoOnWhereTheProcessWasKilled) {
  std::mt19937 random(1);
  for (const Sample sample : {Sample{"large", 73'789}, Sample{"counter", 2'520},
                              Sample{"values", 2 * 80 * 90}, Sample{"global", 14'400}}) {
    int kills = 0, after_ms_max = 40;
    Outcome outcome;
    while (kills < 20 && outcome.limit() != "complete") {
      const char* jobs = random() % 3 == 0 ? "RADDLE_JOBS=1" : "RADDLE_JOBS=2";
      outcome = run(sample.program, {jobs}, SIGKILL,
                    static_cast<int>(random() % static_cast<unsigned>(after_ms_max)));
      ASSERT_TRUE(outcome.has_ended() || outcome.was_killed_by(SIGKILL)) << outcome.output;
      if (!outcome.was_killed_by(SIGKILL)) continue;
      ++kills;
      // It is not even saved for the first time? A slow machine needs more time.
      if (file().empty()) after_ms_max += 4;
    }
    if (outcome.limit() != "complete") outcome = run(sample.program);
    EXPECT_EQ(outcome.limit(), "complete") << outcome.output;
    EXPECT_EQ(outcome.executions(), sample.executions) << sample.program << ", " << kills;
    EXPECT_GT(kills, 0) << sample.program;
  }
}

TEST_F(Checkpoints, AreSavedBeforeASignalEndsTheProcess) {
  for (const int signal : {SIGINT, SIGTERM}) {
    for (const char* jobs : {"RADDLE_JOBS=1", "RADDLE_JOBS=2"}) {
      Outcome outcome;
      for (int after_ms = 10; file().empty(); after_ms += 5) {
        outcome = run("large", {jobs}, signal, after_ms);
        ASSERT_TRUE(outcome.was_killed_by(signal)) << outcome.output;
      }
      outcome = run("large", {jobs});
      EXPECT_EQ(outcome.limit(), "complete") << outcome.output;
      EXPECT_EQ(outcome.executions(), 73'789u);
    }
  }
}

TEST_F(Checkpoints, AreSavedWhenTimeIsUp) {
  Outcome outcome;
  for (int times = 0; times < 100 && outcome.limit() != "complete"; ++times) {
    outcome = run("global", {"RADDLE_TIME=50ms", "RADDLE_JOBS=2"});
    ASSERT_TRUE(outcome.limit() == "time" || outcome.limit() == "complete") << outcome.output;
  }
  EXPECT_EQ(outcome.executions(), 14'400u);
}

TEST_F(Checkpoints, ThatAreDamagedAreRefused) {
  interrupt("fibonacci");
  const std::string whole = content();
  for (const std::size_t at : {whole.size() / 2, whole.size() - 1, std::size_t{30}}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    overwrite(damaged);
    EXPECT_THAT(run("fibonacci").output, HasSubstr("is damaged. Remove it to begin anew"));
    overwrite(whole.substr(0, at));
    EXPECT_THAT(run("fibonacci").output, HasSubstr("is damaged. Remove it to begin anew"));
  }
  overwrite("something else, of some length");
  EXPECT_THAT(run("fibonacci").output, HasSubstr("was not written by raddle"));
  std::string later = whole;
  later[18] = 9;
  overwrite(later);
  EXPECT_THAT(run("fibonacci").output, HasSubstr("has version 9 of the form"));
}

TEST_F(Checkpoints, OfSomethingElseAreRefused) {
  interrupt("fibonacci");
  EXPECT_THAT(run("fibonacci", {"RADDLE_ALL_ACCESSES=1"}).output,
              HasSubstr("RADDLE_STEPS and RADDLE_STACK was another"));
  EXPECT_THAT(run("fibonacci", {"RADDLE_STRATEGY=exhaustive:77"}).output,
              HasSubstr("was written by strategy exhaustive, and this is exhaustive:77"));
  // Each test has a file of its own; one may be renamed to another's.
  const std::filesystem::path first = file();
  const std::string text = content();
  std::filesystem::remove(first);
  EXPECT_EQ(run("counter", {"RADDLE_EXECUTIONS=100", "CHECKPOINTED_TEST=Other.Test"}).limit(),
            "executions");
  overwrite(text);
  EXPECT_THAT(run("counter", {"CHECKPOINTED_TEST=Other.Test"}).output,
              HasSubstr("is of the test CheckpointedProgram.DISABLED_Explores, not of Other.Test"));
}

TEST_F(Checkpoints, HaveToBeInAFolder) {
  std::ofstream(folder_ / "file") << "text";
  folder_ /= "file";
  EXPECT_THAT(run("fibonacci").output, HasSubstr("is not a folder"));
  folder_ = folder_.parent_path();
  folder_ /= "none/deeper";
  EXPECT_THAT(run("fibonacci").output, HasSubstr("No such file or directory"));
  folder_ = folder_.parent_path().parent_path();
}

TEST_F(Checkpoints, AreForASearch) {
  EXPECT_THAT(run("fibonacci", {"RADDLE_STRATEGY=random"}).output,
              HasSubstr("RADDLE_CHECKPOINT is for a search, and strategy random is none"));
  EXPECT_THAT(run("fibonacci", {"RADDLE_ON_RACE=explore"}).output,
              HasSubstr("does not go with RADDLE_ON_RACE=explore"));
}

TEST_F(Checkpoints, AreRefusedWhereTheyCouldNotBeResumed) {
  EXPECT_THAT(run("spin").output, HasSubstr("the test has loops that wait"));
}

// An object of the caller's lies somewhere else in each process.
TEST_F(Checkpoints, NameObjectsThatAreNobodys) {
  std::atomic<int> outside{0};
  Options options;
  options.strategy = "exhaustive";
  options.checkpoint = folder_.string();
  options.executions = 3;
  for (const unsigned jobs : {1u, 2u}) {
    options.jobs = jobs;
    try {
      explore(
          [&] {
            std::thread other{[&] { outside.store(1); }};
            outside.store(2);
            std::thread third{[&] { outside.store(3); }};
            other.join();
            third.join();
          },
          options);
      FAIL() << "was explored";
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("neither its own nor global"));
    }
  }
}

}  // namespace
}  // namespace raddle::exhaustive
