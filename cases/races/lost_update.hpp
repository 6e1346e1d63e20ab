// The lost update on a counter, for different numbers of threads and increments.
#pragma once

#include "cases/case.hpp"
#include "cases/races/counters.hpp"
#include <raddle/raddle.hpp>

#include <string>
#include <thread>
#include <vector>

namespace raddle::cases {

template <class Counter, int kThreads, int kIncrements>
void count() {
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kIncrements; ++n) counter.increment();
    });
  }
  for (std::thread& thread : threads) thread.join();
  check(counter.value() == kThreads * kIncrements, "an increment was lost");
}

template <int kThreads, int kIncrements>
Case lost_update_case(std::string name, std::string title) {
  return {std::move(name),
          std::move(title),
          {buggy("unprotected", count<PlainCounter, kThreads, kIncrements>, FindingKind::DataRace),
           buggy("unprotected_consequence", count<PlainCounter, kThreads, kIncrements>,
                 FindingKind::Assertion, OnRace::Explore),
           fixed("mutex", count<MutexCounter, kThreads, kIncrements>),
           fixed("atomic", count<AtomicCounter, kThreads, kIncrements>),
           fixed("channel", count<ChannelCounter, kThreads, kIncrements>)}};
}

}  // namespace raddle::cases
