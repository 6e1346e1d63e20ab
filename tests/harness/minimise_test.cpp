// Schedules are reported with the fewest preemptions that show the failure.
#include "harness/minimise.hpp"

#include "scheduler/strategies/bounded.hpp"
#include "tests/harness/bodies.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace raddle {
namespace {

// Fails only if the threads' turns at `word` come in exactly this order.
template <int kTurns>
void need_alternation() {
  std::atomic<int> turns{0};
  std::atomic<int> last{0};
  std::atomic<bool> alternated{true};
  const auto take_turns = [&](int self) {
    for (int i = 0; i < kTurns; ++i) {
      if (last.exchange(self) == self) alternated = false;
      ++turns;
    }
  };
  std::thread a{[&] { take_turns(1); }};
  std::thread b{[&] { take_turns(2); }};
  a.join();
  b.join();
  check(!alternated, "they took turns");
}

// A wakeup that is lost if the notify comes between the look and the wait.
void lose_wakeup() {
  std::mutex mutex;
  std::atomic<bool> ready{false};
  std::atomic<int> noise{0};
  std::condition_variable condition;
  std::thread waiter{[&] {
    for (int i = 0; i < 4; ++i) ++noise;
    std::unique_lock lock{mutex};
    while (!ready) condition.wait(lock);
  }};
  for (int i = 0; i < 4; ++i) ++noise;
  ready = true;
  condition.notify_one();
  waiter.join();
}

struct Subject {
  const char* name;
  void (*body)();
  OnRace on_race;
  std::uint64_t preemptions;  // the fewest; counted by hand
};

void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

class FewestPreemptions : public testing::TestWithParam<Subject> {};

TEST_P(FewestPreemptions, AreReportedWhateverScheduleWasFound) {
  const Subject& subject = GetParam();
  std::string token;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Options options = tests::with_seed(seed);
    options.on_race = subject.on_race;
    options.jobs = 1;
    // Every point is a coin toss: many switches that the failure does not need.
    options.strategy = seed % 2 == 0 ? "random:0.5" : "random";
    options.executions = 20'000;
    const Report report = explore(subject.body, options);
    ASSERT_FALSE(report.clean()) << "seed " << seed;
    const Finding& finding = report.findings.back();
    EXPECT_EQ(finding.preemptions, subject.preemptions) << "seed " << seed << "\n" << report;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, FewestPreemptions,
    testing::Values(Subject{"Race", tests::race_on_counter, OnRace::Report, 0},
                    Subject{"ExploredRace", tests::lose_plain_update, OnRace::Explore, 1},
                    Subject{"LostUpdate", tests::lose_atomic_update, OnRace::Report, 1},
                    Subject{"LostUpdateAmongOthers", tests::lose_atomic_update_among_others,
                            OnRace::Report, 1},
                    Subject{"LockOrder", tests::lock_in_opposite_orders, OnRace::Report, 1},
                    // To the waiter before it looks, and back after.
                    Subject{"LostWakeup", lose_wakeup, OnRace::Report, 2},
                    // a b a b: after each turn but the last of each.
                    Subject{"TwoTurnsEach", need_alternation<2>, OnRace::Report, 2},
                    Subject{"ThreeTurnsEach", need_alternation<3>, OnRace::Report, 4}),
    [](const auto& info) { return std::string{info.param.name}; });

// The same against brute force. Small programs: words over the numbers of threads that
// have so many operations each. They fail if the word contains a pattern.
class Words {
 public:
  Words(std::vector<int> operations, std::string pattern)
      : operations_{std::move(operations)}, pattern_{std::move(pattern)} {}

  harness::Attempted run(scheduler::Strategy& strategy, harness::SizedSchedule& done) const {
    strategy.begin(0);
    done = {};
    std::vector<int> left = operations_;
    std::vector<std::uint64_t> events(left.size());
    std::vector<scheduler::Operation> announced(left.size());
    std::string word;
    scheduler::ThreadId last = scheduler::kNoThread;
    for (;;) {
      scheduler::ThreadSet eligible;
      eligible.reset(left.size());
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (left[i] > 0) eligible.add(scheduler::thread_id(i));
      }
      if (eligible.empty()) break;
      const bool may_stay = last != scheduler::kNoThread && eligible.contains(last);
      scheduler::ThreadId chosen = eligible.nth(0);
      if (eligible.count() > 1) {
        const scheduler::ThreadId preferred = may_stay ? last : chosen;
        const scheduler::ThreadId from = last == scheduler::kNoThread ? chosen : last;
        const std::uint64_t step = events[scheduler::index(from)];
        chosen = strategy.choose_thread({eligible, eligible.count(),
                                         may_stay ? last : scheduler::kNoThread, preferred,
                                         announced, from, step});
        if (may_stay && chosen != last) ++done.preemptions;
        if (chosen != preferred) {
          scheduler::Deviation deviation;
          deviation.step = step;
          deviation.thread = from;
          deviation.choice = static_cast<std::uint16_t>(chosen);
          done.deviations.push_back(deviation);
        }
      }
      word += static_cast<char>('a' + scheduler::index(chosen));
      ++events[scheduler::index(chosen)];
      --left[scheduler::index(chosen)];
      last = chosen;
      if (word.find(pattern_) == word.npos) continue;
      done.steps = word.size();  // the failure ends the execution
      return harness::Attempted::Same;
    }
    done.steps = word.size();
    return harness::Attempted::Other;
  }

  // Of all schedules, by looking at each.
  harness::SizedSchedule smallest() const {
    scheduler::Bounded all(1000, false);
    harness::SizedSchedule best, one;
    best.preemptions = 1000;
    do {
      if (run(all, one) == harness::Attempted::Same && one.is_smaller_than(best)) best = one;
    } while (all.next());
    return best;
  }

 private:
  std::vector<int> operations_;
  std::string pattern_;
};

TEST(Minimise, FindsWhatBruteForceFinds) {
  std::uint64_t random = 12345;
  const auto below = [&](std::uint64_t n) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return (random >> 33) % n;
  };
  int compared = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<int> operations(2 + below(2));
    for (int& count : operations) count = 1 + static_cast<int>(below(3));
    std::string pattern;
    for (std::uint64_t i = 0, length = 2 + below(4); i < length; ++i) {
      pattern += static_cast<char>('a' + below(operations.size()));
    }
    const Words words{operations, pattern};
    const harness::Attempt attempt = [&](scheduler::Strategy& strategy,
                                         harness::SizedSchedule& done) {
      return words.run(strategy, done);
    };
    const harness::SizedSchedule expected = words.smallest();
    if (expected.preemptions == 1000) continue;  // never fails
    // Starts from the schedule with the most preemptions that fails.
    scheduler::Bounded all(1000, false);
    harness::SizedSchedule start, one;
    do {
      if (words.run(all, one) == harness::Attempted::Same && start.is_smaller_than(one))
        start = one;
    } while (all.next());
    const harness::SizedSchedule found = harness::minimise(start, false, attempt);
    EXPECT_EQ(found.preemptions, expected.preemptions) << pattern << ", round " << round;
    EXPECT_EQ(found.steps, expected.steps) << pattern << ", round " << round;
    EXPECT_EQ(found.deviations.size(), expected.deviations.size()) << pattern;
    ++compared;
  }
  EXPECT_GT(compared, 100);
}

TEST(Minimise, EndsAtOnceWhenItIsHopeless) {
  int runs = 0;
  harness::SizedSchedule start;
  start.preemptions = 5;
  start.deviations.resize(5);
  harness::minimise(start, false, [&](scheduler::Strategy&, harness::SizedSchedule&) {
    ++runs;
    return harness::Attempted::Hopeless;
  });
  EXPECT_LE(runs, 2);
}

TEST(Minimise, HasABudgetOfEvents) {
  std::uint64_t events = 0;
  harness::SizedSchedule start;
  start.preemptions = 5;
  start.deviations.resize(1000);
  harness::minimise(start, false, [&](scheduler::Strategy&, harness::SizedSchedule& done) {
    done.steps = 1'000'000;
    events += done.steps;
    return harness::Attempted::Other;
  });
  EXPECT_LE(events, 12'000'000u);
}

TEST(Minimise, IsLeftOutOnDemand) {
  Options options = tests::with_seed(4);
  options.strategy = "random:0.5";
  options.minimise = false;
  const Report raw = explore(tests::lose_atomic_update_among_others, options);
  options.minimise = true;
  const Report small = explore(tests::lose_atomic_update_among_others, options);
  ASSERT_FALSE(raw.clean());
  ASSERT_FALSE(small.clean());
  EXPECT_GT(raw.findings[0].token.size(), small.findings[0].token.size());
  EXPECT_GT(raw.findings[0].preemptions, 1u);
  EXPECT_EQ(small.findings[0].preemptions, 1u);
}

}  // namespace
}  // namespace raddle
