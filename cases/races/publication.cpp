// A letter is put into a box and a flag is raised; who sees the flag reads the letter.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <atomic>
#include <thread>

namespace raddle::cases {
namespace {

class PlainFlag {
 public:
  void raise() { raised_ = true; }
  bool is_raised() const { return raised_; }

 private:
  bool raised_ = false;
};

template <std::memory_order kStore, std::memory_order kLoad>
class AtomicFlag {
 public:
  void raise() { raised_.store(true, kStore); }
  bool is_raised() const { return raised_.load(kLoad); }

 private:
  std::atomic<bool> raised_{false};
};

class FencedFlag {
 public:
  void raise() {
    std::atomic_thread_fence(std::memory_order_release);
    raised_.store(true, std::memory_order_relaxed);
  }
  bool is_raised() const {
    const bool raised = raised_.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    return raised;
  }

 private:
  std::atomic<bool> raised_{false};
};

template <class Flag>
class Letterbox {
 public:
  void put(int letter) {
    letter_ = letter;
    flag_.raise();
  }
  // What was put, or 0 if nothing was yet.
  int take() const { return flag_.is_raised() ? letter_ : 0; }

 private:
  int letter_ = 0;
  Flag flag_;
};

template <class Flag>
void deliver() {
  Letterbox<Flag> box;
  int taken = 0;
  std::thread sender{[&] { box.put(42); }};
  std::thread reader{[&] { taken = box.take(); }};
  sender.join();
  reader.join();
  check(taken == 0 || taken == 42, "half a letter was taken");
}

}  // namespace

Case publication() {
  using Relaxed = AtomicFlag<std::memory_order_relaxed, std::memory_order_relaxed>;
  using OneSided = AtomicFlag<std::memory_order_release, std::memory_order_relaxed>;
  using Paired = AtomicFlag<std::memory_order_release, std::memory_order_acquire>;
  return {"publication",
          "data is published by a flag that orders nothing",
          {buggy("plain_flag", deliver<PlainFlag>, FindingKind::DataRace),
           buggy("relaxed_flag", deliver<Relaxed>, FindingKind::DataRace),
           buggy("relaxed_reader", deliver<OneSided>, FindingKind::DataRace),
           fixed("acquire_release", deliver<Paired>), fixed("fences", deliver<FencedFlag>)}};
}

}  // namespace raddle::cases
