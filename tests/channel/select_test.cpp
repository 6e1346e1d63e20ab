#include <raddle/channel.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace raddle {
namespace {

using namespace std::chrono_literals;

constexpr auto kIgnore = [](auto&&...) {};

TEST(Select, TakesTheFirstAlternativeThatCanGoOn) {
  channel<int> a{1}, b{1};
  b.send(2);
  std::optional<int> got;
  const auto keep = [&](std::optional<int> value) { got = value; };
  EXPECT_EQ(select(on_receive(a, keep), on_receive(b, keep)), 1u);
  EXPECT_EQ(got, 2);
  a.send(1);
  b.send(2);
  EXPECT_EQ(select(on_receive(a, keep), on_receive(b, keep)), 0u);
  EXPECT_EQ(got, 1);
  EXPECT_EQ(b.receive(), 2);
}

TEST(Select, TakesOtherwiseWhenNothingCanGoOn) {
  channel<int> empty{1}, full{1};
  full.send(1);
  bool idle = false;
  const auto chosen = select(on_receive(empty, kIgnore), on_send(full, 2, kIgnore),
                             otherwise([&] { idle = true; }));
  EXPECT_EQ(chosen, 2u);
  EXPECT_TRUE(idle);
  EXPECT_EQ(full.receive(), 1);
  EXPECT_EQ(full.try_receive(), std::nullopt);
}

TEST(Select, SendsWhenThereIsRoom) {
  channel<std::string> words{1};
  bool sent = false;
  EXPECT_EQ(select(on_send(words, "hello", [&](bool done) { sent = done; })), 0u);
  EXPECT_TRUE(sent);
  EXPECT_EQ(words.receive(), "hello");
}

TEST(Select, SaysThatAReceiveFoundTheChannelClosed) {
  channel<int> numbers;
  numbers.close();
  std::optional<int> got = 1;
  EXPECT_EQ(select(on_receive(numbers, [&](std::optional<int> value) { got = value; })), 0u);
  EXPECT_EQ(got, std::nullopt);
}

TEST(Select, SaysThatASendFoundTheChannelClosed) {
  channel<int> numbers{1};
  numbers.close();
  bool sent = true;
  EXPECT_EQ(select(on_send(numbers, 1, [&](bool done) { sent = done; })), 0u);
  EXPECT_FALSE(sent);
}

TEST(Select, WaitsUntilSomebodySends) {
  channel<int> a, b;
  std::thread sender{[&] {
    std::this_thread::sleep_for(10ms);
    b.send(5);
  }};
  std::optional<int> got;
  EXPECT_EQ(
      select(on_receive(a, kIgnore), on_receive(b, [&](std::optional<int> value) { got = value; })),
      1u);
  EXPECT_EQ(got, 5);
  sender.join();
}

TEST(Select, WaitsUntilSomebodyReceives) {
  channel<std::unique_ptr<int>> boxes;
  std::thread receiver{[&] {
    std::this_thread::sleep_for(10ms);
    const auto box = boxes.receive();
    ASSERT_TRUE(box.has_value());
    EXPECT_EQ(**box, 5);
  }};
  channel<int> silent;
  bool sent = false;
  EXPECT_EQ(select(on_receive(silent, kIgnore),
                   on_send(boxes, std::make_unique<int>(5), [&](bool done) { sent = done; })),
            1u);
  EXPECT_TRUE(sent);
  receiver.join();
}

TEST(Select, IsWokenWhenAChannelIsClosed) {
  channel<int> a, b;
  std::thread closer{[&] {
    std::this_thread::sleep_for(10ms);
    b.close();
  }};
  bool sent = true;
  EXPECT_EQ(select(on_receive(a, kIgnore), on_send(b, 1, [&](bool done) { sent = done; })), 1u);
  EXPECT_FALSE(sent);
  closer.join();
}

TEST(Select, LeavesNothingBehindInTheChannelsNotChosen) {
  channel<int> a, b;
  std::thread sender{[&] {
    std::this_thread::sleep_for(10ms);
    b.send(1);
  }};
  select(on_receive(a, kIgnore), on_receive(b, kIgnore), on_send(a, 9, kIgnore));
  sender.join();
  // Had the select stayed in the queues, these would find a partner.
  EXPECT_FALSE(a.try_send(1));
  EXPECT_EQ(a.try_receive(), std::nullopt);
  EXPECT_FALSE(b.try_send(1));
}

TEST(Select, NeverMeetsItself) {
  channel<int> numbers;
  EXPECT_EQ(select(on_send(numbers, 1, kIgnore), on_receive(numbers, kIgnore), otherwise(kIgnore)),
            2u);
}

TEST(Select, MeetsAnotherSelectOnTheSameChannel) {
  channel<int> numbers;
  int sent = 0, received = 0;
  const auto both = [&](int& sends, int& receives) {
    for (int i = 0; i < 1000; ++i) {
      const auto chosen = select(on_send(numbers, i, kIgnore), on_receive(numbers, kIgnore));
      ++(chosen == 0 ? sends : receives);
    }
  };
  int other_sent = 0, other_received = 0;
  std::thread other{[&] { both(other_sent, other_received); }};
  both(sent, received);
  other.join();
  EXPECT_EQ(sent + received, 1000);
  EXPECT_EQ(sent, other_received);
  EXPECT_EQ(received, other_sent);
}

TEST(Select, UsesNoProcessorTimeWhileItWaits) {
  channel<int> a, b;
  std::thread sender{[&] {
    std::this_thread::sleep_for(300ms);
    a.send(1);
  }};
  const std::clock_t before = std::clock();
  select(on_receive(a, kIgnore), on_receive(b, kIgnore));
  const double used_s = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  sender.join();
  EXPECT_LT(used_s, 0.15);
}

// Every thread owns an inbox, sends each of its numbers to a random other inbox
// and receives meanwhile. A lost wakeup hangs this; a lost value fails it.
TEST(Select, LosesNothingWhenAllThreadsSendAndReceiveAtOnce) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int kThreads = 4, kEach = 2000;
  for (const std::size_t capacity : {0u, 2u}) {
    std::deque<channel<int>> inboxes;
    for (int t = 0; t < kThreads; ++t) inboxes.emplace_back(capacity);
    channel<int> done{kThreads};
    std::vector<std::vector<int>> received(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::mt19937 random{seed + static_cast<unsigned>(t)};
        channel<int>& inbox = inboxes[static_cast<std::size_t>(t)];
        bool open = true;
        const auto keep = [&](std::optional<int> value) {
          open = value.has_value();
          if (open) received[static_cast<std::size_t>(t)].push_back(*value);
        };
        for (int i = 0; i < kEach;) {
          const auto to = (static_cast<std::size_t>(t) + 1 + random() % (kThreads - 1)) % kThreads;
          select(on_receive(inbox, keep),
                 on_send(inboxes[to], t * kEach + i, [&](bool sent) { i += sent; }));
        }
        done.send(t);
        while (open) select(on_receive(inbox, keep));
      });
    }
    for (int t = 0; t < kThreads; ++t) done.receive();
    for (channel<int>& inbox : inboxes) inbox.close();
    for (std::thread& thread : threads) thread.join();

    std::vector<int> times(kThreads * kEach);
    for (const auto& one : received) {
      for (const int number : one) ++times[static_cast<std::size_t>(number)];
    }
    EXPECT_EQ(times, std::vector<int>(kThreads * kEach, 1)) << "capacity " << capacity;
  }
}

}  // namespace
}  // namespace raddle
