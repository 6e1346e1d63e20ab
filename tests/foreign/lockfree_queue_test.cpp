// boost::lockfree::queue and boost::lockfree::stack: any number of producers and consumers.
//
// Both keep their nodes in a free list whose links are plain members. A thread reads the link
// of the first node although another one may have taken that node and be writing to it;
// the compare-exchange that follows fails then, and what was read is thrown away. It works on
// real machines, and is a data race all the same ([intro.races]: two conflicting actions, one of
// them not atomic, neither before the other). So the containers are explored without looking for
// races, and the race has a test of its own.
#include <raddle/gtest.hpp>

#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/stack.hpp>

#include <set>
#include <string>
#include <thread>

namespace {

constexpr raddle::OnRace kIgnoreRaces = raddle::OnRace::Ignore;

template <class Container>
int pop(Container& container) {
  int value = 0;
  while (!container.pop(value)) std::this_thread::yield();
  return value;
}

// Two producers, two consumers: everything arrives once.
template <class Container>
void exchange(Container& container) {
  int left = 0, right = 0;
  std::thread a{[&] { EXPECT_TRUE(container.push(1)); }};
  std::thread b{[&] { EXPECT_TRUE(container.push(2)); }};
  std::thread c{[&] { left = pop(container); }};
  std::thread d{[&] { right = pop(container); }};
  a.join();
  b.join();
  c.join();
  d.join();
  EXPECT_EQ(std::set({left, right}), std::set({1, 2}));
  EXPECT_TRUE(container.empty());
}

RADDLE_TEST_WITH(LockfreeQueue, DeliversEverythingOnce, .executions = 5'000,
                 .on_race = kIgnoreRaces) {
  boost::lockfree::queue<int> queue{8};
  exchange(queue);
}

// Nodes out of an array: no allocation while threads run.
RADDLE_TEST_WITH(LockfreeQueue, DeliversEverythingOnceFromAFixedCapacity, .executions = 5'000,
                 .on_race = kIgnoreRaces) {
  boost::lockfree::queue<int, boost::lockfree::capacity<4>> queue;
  exchange(queue);
}

RADDLE_TEST_WITH(LockfreeQueue, KeepsTheOrderOfEachProducer, .executions = 5'000) {
  boost::lockfree::queue<int> queue{0};
  std::thread producer{[&] {
    EXPECT_TRUE(queue.push(1));
    EXPECT_TRUE(queue.push(2));
  }};
  EXPECT_EQ(pop(queue), 1);
  EXPECT_EQ(pop(queue), 2);
  producer.join();
}

RADDLE_TEST_WITH(LockfreeStack, DeliversEverythingOnce, .executions = 5'000,
                 .on_race = kIgnoreRaces) {
  boost::lockfree::stack<int> stack{8};
  exchange(stack);
}

// A node goes back to the free list and is used again while others still look at it.
RADDLE_TEST_WITH(LockfreeStack, UsesItsNodesAgain, .executions = 5'000, .on_race = kIgnoreRaces) {
  boost::lockfree::stack<int> stack{1};
  const auto push_and_pop = [&](int value) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(stack.push(value));
      EXPECT_GT(pop(stack), 0);
    }
  };
  std::thread a{push_and_pop, 1};
  std::thread b{push_and_pop, 2};
  a.join();
  b.join();
  EXPECT_TRUE(stack.empty());
}

TEST(LockfreeStack, HasARaceInItsFreeList) {
  const raddle::Report report = raddle::explore([] {
    boost::lockfree::stack<int> stack{8};
    std::thread a{[&] { stack.push(1); }};
    std::thread b{[&] { stack.push(2); }};
    a.join();
    b.join();
  });
  ASSERT_THAT(report, raddle::FindsRace());
  // Both accesses are the library's.
  for (const raddle::Site& site : report.findings[0].sites) {
    if (site.stack.empty() || site.what.find("8 bytes") == std::string::npos) continue;
    EXPECT_THAT(site.stack[0].file, testing::HasSubstr("boost/lockfree/"));
  }
}

// unsynchronized_push is for one thread alone.
TEST(LockfreeStack, RacesWherePushIsNotSynchronised) {
  const raddle::Report report = raddle::explore([] {
    boost::lockfree::stack<int> stack{8};
    std::thread a{[&] { stack.unsynchronized_push(1); }};
    std::thread b{[&] { stack.unsynchronized_push(2); }};
    a.join();
    b.join();
    EXPECT_NE(pop(stack), pop(stack));
  });
  EXPECT_FALSE(report.clean());
}

}  // namespace
