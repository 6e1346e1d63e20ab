#include "tests/oracle/program.hpp"

#include <algorithm>
#include <cstddef>
#include <random>
#include <utility>

namespace raddle::oracle {
namespace {

class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {
    // A program likes a few kinds of statements, on few objects: so its threads meet.
    weights_.reserve(kCrowdActions);
    for (std::uint64_t i = 0; i < kActions; ++i) weights_.push_back(below(4) == 0 ? below(8) : 0);
    weight(Action::Access) = below(3);
    weight(Action::Delete) = below(8) == 0;
    weights_[1 + below(kActions - 2)] += 6;
    // Who waits for something finds others who do it, mostly.
    for (const auto& [wakes, waits] : {std::pair{Action::Post, Action::Wait},
                                       {Action::Signal, Action::Await},
                                       {Action::Notify, Action::Sleep}}) {
      weight(wakes) = std::max(weight(wakes), 2 * weight(waits));
      weight(waits) = weight(wakes) / 2;
    }
    places_ = 1 + below(3);
    writes_ = 1 + below(12);
  }

  // Two or three kinds of statements, which all concern others, and no plain accesses of their own.
  void crowd() {
    weights_.assign(kCrowdActions, 0);
    const auto pick = [&] {
      // Those that the options about what happens for no reason concern come more often.
      if (below(8) == 0) return static_cast<std::uint64_t>(Action::WeakExchange) - below(2);
      const std::uint64_t action = 1 + below(kCrowdActions - 2);  // anything but Access
      return action < static_cast<std::uint64_t>(Action::Delete) ? action : action + 1;
    };
    for (std::uint64_t i = 2 + below(2); i > 0; --i) {
      const auto action = static_cast<Action>(pick());
      weight(action) += 1 + below(3);
      if (action == Action::TryWait) weight(Action::Post) += 1;
      if (action == Action::Choose) weight(Action::Load) += 2;
      if (action == Action::TimedWait) weight(Action::Post) += 2;
      if (action == Action::TimedAwait) weight(Action::Signal) += 2;
      if (action == Action::TimedSleep) weight(Action::Notify) += 2;
      if (action == Action::Wait) weight(Action::Post) += 3;
      if (action == Action::Await) weight(Action::Signal) += 2;
      if (action == Action::AwaitOnce) weight(Action::Signal) += 2;
      if (action == Action::Sleep) weight(Action::Notify) += 2;
      if (action == Action::Fence) weight(Action::CompareExchange) += 2;
    }
    other_object_ = 6;
  }

  Program program() {
    Program program;
    const std::uint64_t threads = 2 + below(2);
    for (std::uint64_t i = 0; i < threads; ++i) {
      program.threads.push_back(statements(1 + below(4)));
      program.joined_early.push_back(below(4) == 0);
    }
    program.main = statements(below(3));
    program.last = statements(below(2));
    return program;
  }

 private:
  std::uint64_t& weight(Action action) { return weights_[static_cast<std::size_t>(action)]; }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::uint8_t small(std::uint64_t n) { return static_cast<std::uint8_t>(below(n)); }

  std::vector<Statement> statements(std::uint64_t count) {
    std::vector<Statement> result;
    for (std::uint64_t i = 0; i < count; ++i) result.push_back(statement());
    return result;
  }

  Statement statement() {
    std::uint64_t total = 0;
    for (const std::uint64_t weight : weights_) total += weight;
    std::uint64_t pick = below(total);
    std::uint64_t action = 0;
    while (pick >= weights_[action]) pick -= weights_[action++];
    static constexpr std::uint8_t kWidths[] = {1, 4, 4, 8};
    Statement statement;
    statement.action = static_cast<Action>(action);
    statement.object = below(other_object_) == 0 ? 1 : 0;
    statement.order = small(5);
    statement.place = small(places_);
    statement.width = kWidths[below(4)];
    statement.writes = below(writes_) == 0;
    return statement;
  }

  std::mt19937_64 random_;
  std::vector<std::uint64_t> weights_;
  std::uint64_t places_, writes_;
  std::uint64_t other_object_ = 2;  // one statement in so many is about the second object
};

}  // namespace

Program random_program(std::uint64_t seed) { return Author(seed).program(); }

Program random_crowd(std::uint64_t seed) {
  Author author(seed);
  author.crowd();
  return author.program();
}

}  // namespace raddle::oracle
