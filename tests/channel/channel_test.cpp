#include <raddle/channel.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
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

TEST(Channel, KeepsTheOrderOfWhatIsStored) {
  channel<int> numbers{3};
  EXPECT_TRUE(numbers.send(1));
  EXPECT_TRUE(numbers.send(2));
  EXPECT_EQ(numbers.receive(), 1);
  EXPECT_TRUE(numbers.send(3));
  EXPECT_EQ(numbers.receive(), 2);
  EXPECT_EQ(numbers.receive(), 3);
}

TEST(Channel, HoldsAsManyAsItsCapacityAndNoMore) {
  channel<int> numbers{2};
  EXPECT_EQ(numbers.capacity(), 2u);
  EXPECT_TRUE(numbers.try_send(1));
  EXPECT_TRUE(numbers.try_send(2));
  EXPECT_FALSE(numbers.try_send(3));
  EXPECT_EQ(numbers.try_receive(), 1);
  EXPECT_TRUE(numbers.try_send(3));
}

TEST(Channel, IsEmptyToATryReceiveWhenNothingWasSent) {
  channel<int> numbers{2};
  EXPECT_EQ(numbers.try_receive(), std::nullopt);
  EXPECT_FALSE(numbers.is_closed());
}

TEST(Channel, WithoutCapacityRefusesATrySendWhenNobodyReceives) {
  channel<int> numbers;
  EXPECT_FALSE(numbers.try_send(1));
  EXPECT_EQ(numbers.try_receive(), std::nullopt);
}

TEST(Channel, WithoutCapacityHandsTheValueToTheBlockedReceiver) {
  channel<int> numbers;
  std::optional<int> got;
  std::thread receiver{[&] { got = numbers.receive(); }};
  EXPECT_TRUE(numbers.send(7));
  receiver.join();
  EXPECT_EQ(got, 7);
}

TEST(Channel, WithoutCapacityLetsTheSenderGoOnOnlyWhenTheValueIsTaken) {
  channel<int> numbers;
  std::atomic<bool> sent{false};
  std::thread sender{[&] {
    numbers.send(7);
    sent = true;
  }};
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(sent);
  EXPECT_EQ(numbers.receive(), 7);
  sender.join();
  EXPECT_TRUE(sent);
}

TEST(Channel, StoresTheValueOfABlockedSenderWhenThereIsRoom) {
  channel<int> numbers{1};
  numbers.send(1);
  std::thread sender{[&] { EXPECT_TRUE(numbers.send(2)); }};
  EXPECT_EQ(numbers.receive(), 1);
  EXPECT_EQ(numbers.receive(), 2);
  sender.join();
}

TEST(Channel, CanBeDrainedAfterItIsClosed) {
  channel<int> numbers{2};
  numbers.send(1);
  numbers.send(2);
  numbers.close();
  numbers.close();
  EXPECT_TRUE(numbers.is_closed());
  EXPECT_EQ(numbers.receive(), 1);
  EXPECT_EQ(numbers.try_receive(), 2);
  EXPECT_EQ(numbers.receive(), std::nullopt);
  EXPECT_EQ(numbers.receive(), std::nullopt);
}

TEST(Channel, RefusesASendAfterItIsClosedAndLeavesTheValueAlone) {
  channel<std::unique_ptr<int>> boxes{2};
  boxes.close();
  auto box = std::make_unique<int>(3);
  EXPECT_FALSE(boxes.send(std::move(box)));
  EXPECT_FALSE(boxes.try_send(std::move(box)));
  ASSERT_TRUE(box);
  EXPECT_EQ(*box, 3);
}

TEST(Channel, LeavesTheValueAloneWhenATrySendFindsItFull) {
  channel<std::unique_ptr<int>> boxes{1};
  auto box = std::make_unique<int>(3);
  auto other = std::make_unique<int>(4);
  EXPECT_TRUE(boxes.try_send(std::move(box)));
  EXPECT_FALSE(box);
  EXPECT_FALSE(boxes.try_send(std::move(other)));
  EXPECT_TRUE(other);
}

TEST(Channel, WakesBlockedReceiversWhenItIsClosed) {
  channel<int> numbers;
  std::vector<std::thread> receivers;
  for (int i = 0; i < 3; ++i) {
    receivers.emplace_back([&] { EXPECT_EQ(numbers.receive(), std::nullopt); });
  }
  std::this_thread::sleep_for(10ms);
  numbers.close();
  for (std::thread& receiver : receivers) receiver.join();
}

TEST(Channel, GivesBlockedSendersTheirValuesBackWhenItIsClosed) {
  channel<std::unique_ptr<int>> boxes;
  auto box = std::make_unique<int>(3);
  std::thread sender{[&] { EXPECT_FALSE(boxes.send(std::move(box))); }};
  std::this_thread::sleep_for(10ms);
  boxes.close();
  sender.join();
  ASSERT_TRUE(box);
  EXPECT_EQ(*box, 3);
}

TEST(Channel, EndsARangeForWhenItIsClosedAndDrained) {
  channel<std::string> words{1};
  std::string text;
  std::thread reader{[&] {
    for (std::string& word : words) text += word + ' ';
  }};
  for (const char* word : {"tell", "me", "more"}) EXPECT_TRUE(words.send(word));
  words.close();
  reader.join();
  EXPECT_EQ(text, "tell me more ");
}

TEST(Channel, ServesBlockedReceiversFirstComeFirstServed) {
  channel<int> numbers;
  std::optional<int> first, second;
  std::thread early{[&] { first = numbers.receive(); }};
  std::this_thread::sleep_for(20ms);
  std::thread late{[&] { second = numbers.receive(); }};
  std::this_thread::sleep_for(20ms);
  numbers.send(1);
  numbers.send(2);
  early.join();
  late.join();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

TEST(Channel, CanBeDestroyedByTheReceiverOfItsLastValueAtOnce) {
  channel<channel<int>*> requests;
  std::thread server{[&] {
    for (channel<int>* const answers : requests) answers->send(1);
  }};
  for (int i = 0; i < 5000; ++i) {
    channel<int> answers{static_cast<std::size_t>(i % 2)};
    requests.send(&answers);
    EXPECT_EQ(answers.receive(), 1);
  }
  requests.close();
  server.join();
}

TEST(Channel, LosesAndDuplicatesNothingBetweenManySendersAndReceivers) {
  constexpr int kThreads = 3, kEach = 2000;
  for (const std::size_t capacity : {0u, 1u, 16u}) {
    channel<int> numbers{capacity};
    std::vector<std::vector<int>> received(kThreads);
    std::vector<std::thread> senders, receivers;
    for (int t = 0; t < kThreads; ++t) {
      senders.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) ASSERT_TRUE(numbers.send(t * kEach + i));
      });
      receivers.emplace_back([&, t] {
        for (const int number : numbers) received[static_cast<std::size_t>(t)].push_back(number);
      });
    }
    for (std::thread& sender : senders) sender.join();
    numbers.close();
    for (std::thread& receiver : receivers) receiver.join();

    std::vector<int> times(kThreads * kEach);
    for (const std::vector<int>& one : received) {
      // What one sender sent, every receiver sees in the order sent.
      std::vector<int> last(kThreads, -1);
      for (const int number : one) {
        ++times[static_cast<std::size_t>(number)];
        int& before = last[static_cast<std::size_t>(number / kEach)];
        EXPECT_LT(before, number);
        before = number;
      }
    }
    EXPECT_EQ(times, std::vector<int>(kThreads * kEach, 1)) << "capacity " << capacity;
  }
}

TEST(Channel, AgreesWithADequeOnRandomOperationsOfOneThread) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 200; ++round) {
    const std::size_t capacity = random() % 5;
    channel<int> real{capacity};
    std::deque<int> naive;
    bool closed = false;
    for (int i = 0; i < 100; ++i) {
      const auto dice = random() % 20;
      if (dice == 0) {
        real.close();
        closed = true;
      } else if (dice == 1) {
        ASSERT_EQ(real.is_closed(), closed);
      } else if (dice < 10) {
        const bool fits = !closed && naive.size() < capacity;
        ASSERT_EQ(real.try_send(i), fits);
        if (fits) naive.push_back(i);
      } else {
        std::optional<int> expected;
        if (!naive.empty()) {
          expected = naive.front();
          naive.pop_front();
        }
        ASSERT_EQ(real.try_receive(), expected);
      }
    }
  }
}

}  // namespace
}  // namespace raddle
