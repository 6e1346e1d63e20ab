#include "scheduler/strategies/bounded.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace raddle::scheduler {
namespace {

// Threads that do nothing but a number of operations each: a schedule is a word over
// their numbers, and what the strategy enumerates can be counted by hand.
class Words {
 public:
  explicit Words(std::vector<int> operations) : operations_(std::move(operations)) {}

  // Every word that the strategy produces. Fails on one that comes twice.
  std::set<std::string> all(std::uint64_t preemptions_max) {
    Bounded strategy(preemptions_max, false);
    std::set<std::string> words;
    do {
      strategy.begin(0);
      const std::string word = run(strategy);
      EXPECT_TRUE(words.insert(word).second) << word << " came twice";
    } while (strategy.next());
    return words;
  }

 private:
  std::string run(Bounded& strategy) {
    std::vector<int> left = operations_;
    std::string word;
    ThreadId last = kNoThread;
    for (;;) {
      ThreadSet eligible;
      eligible.reset(left.size());
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (left[i] > 0) eligible.add(thread_id(i));
      }
      if (eligible.empty()) return word;
      const bool may_stay = last != kNoThread && eligible.contains(last);
      ThreadId chosen = eligible.nth(0);
      if (eligible.count() > 1) {
        const ThreadId preferred = may_stay ? last : chosen;
        chosen = strategy.choose_thread({eligible,
                                         eligible.count(),
                                         may_stay ? last : kNoThread,
                                         preferred,
                                         {},
                                         last,
                                         word.size()});
      }
      word += static_cast<char>('0' + index(chosen));
      --left[index(chosen)];
      last = chosen;
    }
  }

  std::vector<int> operations_;
};

// Of the words with `counts` of each letter: how many leave a letter that has some left
// at most `max` times. By brute force over all of them.
std::size_t count_by_hand(std::vector<int> left, int last, int preemptions, int max) {
  std::size_t total = 0;
  bool is_over = true;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i] == 0) continue;
    is_over = false;
    const auto from = static_cast<std::size_t>(last);
    const bool preempts = last >= 0 && from != i && left[from] > 0;
    if (preemptions + preempts > max) continue;
    std::vector<int> rest = left;
    --rest[i];
    total += count_by_hand(rest, static_cast<int>(i), preemptions + preempts, max);
  }
  return is_over ? 1 : total;
}

TEST(Bounded, RunsEverySchedule) {
  EXPECT_EQ(Words({2, 2}).all(10).size(), 6u);      // 4! / (2! 2!)
  EXPECT_EQ(Words({3, 3}).all(10).size(), 20u);     // 6! / (3! 3!)
  EXPECT_EQ(Words({2, 2, 2}).all(10).size(), 90u);  // 6! / (2! 2! 2!)
}

TEST(Bounded, RunsEveryScheduleWithSoManyPreemptionsAndNoOther) {
  for (const std::vector<int>& operations :
       {std::vector<int>{3, 3}, {1, 4}, {2, 2, 2}, {1, 2, 3}, {2, 1, 2, 1}}) {
    for (int max = 0; max <= 4; ++max) {
      EXPECT_EQ(Words(operations).all(static_cast<std::uint64_t>(max)).size(),
                count_by_hand(operations, -1, 0, max))
          << operations.size() << " threads, " << max << " preemptions";
    }
  }
}

TEST(Bounded, StartsWithTheDefault) {
  Bounded strategy(0, false);
  ThreadSet eligible;
  eligible.reset(3);
  for (std::size_t i = 0; i < 3; ++i) eligible.add(thread_id(i));
  strategy.begin(0);
  EXPECT_EQ(strategy.choose_thread({eligible, 3, kNoThread, thread_id(1), {}, thread_id(2), 0}),
            thread_id(1));
}

TEST(Bounded, TriesEveryValue) {
  Bounded strategy(0, false);
  std::set<std::pair<std::size_t, std::size_t>> seen;
  do {
    strategy.begin(0);
    const std::size_t first = strategy.choose_value({3, EventKind::Choose, thread_id(0), 0});
    const std::size_t second = strategy.choose_value({2, EventKind::Choose, thread_id(0), 1});
    EXPECT_TRUE(seen.insert({first, second}).second);
  } while (strategy.next());
  EXPECT_EQ(seen.size(), 6u);
}

}  // namespace
}  // namespace raddle::scheduler
