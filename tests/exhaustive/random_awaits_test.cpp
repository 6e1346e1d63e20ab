// Random programs with loops that wait: whatever a random walk finds or ends with, the search must
// have found or ended with, too.
#include <raddle/raddle.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace raddle::exhaustive {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

struct Operation {
  unsigned kind, variable;
  int value;
};
using Program = std::vector<std::vector<Operation>>;

Program random_program(std::uint64_t seed) {
  std::mt19937 generator(static_cast<std::mt19937::result_type>(seed));
  const auto below = [&](unsigned n) { return static_cast<unsigned>(generator() % n); };
  Program program(2 + below(2));
  const unsigned variables = 1 + below(2);
  const unsigned longest = program.size() == 2 ? 5 : 4;
  for (auto& thread : program) {
    for (unsigned i = 1 + below(longest); i > 0; --i) {
      thread.push_back({below(11), below(variables), static_cast<int>(below(3))});
    }
  }
  return program;
}

class Run {
 public:
  void operator()(const Operation& operation, std::string& log) {
    std::atomic<int>& x = variables_[operation.variable];
    const int value = operation.value;
    switch (operation.kind) {
      case 0:
      case 1: x.store(value); break;
      case 2: log += std::to_string(x.exchange(value)); break;
      case 3: log += std::to_string(x.load()); break;
      case 4:
      case 5:
        while (x.load() != value) {
        }
        break;
      case 6:
        while (x.load() == value) std::this_thread::yield();
        break;
      case 7:
        while (x.exchange(value) == value) {
        }
        break;
      case 8:
        for (int expected = value; !x.compare_exchange_strong(expected, (value + 1) % 3);) {
          expected = value;
        }
        break;
      case 9:
        while (variables_[0].load() == value && variables_[1].load() == 0) {
        }
        break;
      default:
        for (int k = 0; k < 2 && x.load() != value; ++k) {
        }
        x.fetch_add(1);
        break;
    }
  }
  std::string values() const {
    return std::to_string(variables_[0].load()) + "," + std::to_string(variables_[1].load());
  }

 private:
  std::atomic<int> variables_[2] = {};
};

Report explore_program(const Program& program, const Options& options,
                       std::set<std::string>& endings) {
  return explore(
      [&] {
        Run run;
        std::vector<std::string> logs(program.size());
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < program.size(); ++i) {
          threads.emplace_back([&, i] {
            for (const Operation& operation : program[i]) run(operation, logs[i]);
          });
        }
        for (std::thread& thread : threads) thread.join();
        std::string ending = run.values();
        for (const std::string& log : logs) ending += " " + log;
        endings.insert(ending);
      },
      options);
}

// AWAITS_FIRST, AWAITS_COUNT, AWAITS_WALKS: which programs, how many, and executions at random.
TEST(RandomAwaits, HaveNoEndingThatTheSearchDoesNotKnow) {
  const std::uint64_t first = from_environment("AWAITS_FIRST", 1);
  const std::uint64_t count = from_environment("AWAITS_COUNT", 80);
  int complete = 0, found = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(testing::Message() << "program " << seed);
    const Program program = random_program(seed);
    Options options;
    options.jobs = 1;
    options.steps_max = 3'000;
    options.minimise = false;
    options.seed = seed;
    options.strategy = "exhaustive";
    options.executions = 20'000;
    std::set<std::string> searched, walked;
    const Report search = explore_program(program, options, searched);
    options.strategy = "random";
    options.executions = from_environment("AWAITS_WALKS", 300);
    const Report walk = explore_program(program, options, walked);
    if (!search.clean()) ++found;
    if (!search.complete) continue;
    ++complete;
    EXPECT_TRUE(walk.clean()) << walk;
    for (const std::string& ending : walked) EXPECT_TRUE(searched.count(ending)) << ending;
  }
  std::printf("%d programs complete, %d with a finding, of %d\n", complete, found,
              static_cast<int>(count));
  EXPECT_GT(complete, static_cast<int>(count / 20));
  EXPECT_GT(complete + found, static_cast<int>(count - count / 20));
}

}  // namespace
}  // namespace raddle::exhaustive
