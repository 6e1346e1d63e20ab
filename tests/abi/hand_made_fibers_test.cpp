// Fibers that a program switches by itself, here with swapcontext, and tells of by the functions
// of sanitizer/tsan_interface.h.
#include <raddle/gtest.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <ucontext.h>
#include <vector>

extern "C" {
void AnnotateBenignRaceSized(const char*, int, const volatile void*, std::size_t, const char*);
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_set_fiber_name(void* fiber, const char* name);
}

namespace {

constexpr unsigned kSync = 0, kNoSync = 1;

// Runs `body` a piece at a time: resume() until the next pause().
class Coroutine {
 public:
  explicit Coroutine(std::function<void(Coroutine&)> body, unsigned flags = kSync)
      : body_(std::move(body)), stack_(new char[kStackBytes]), flags_(flags) {
    getcontext(&inside_);
    inside_.uc_stack = {stack_.get(), 0, kStackBytes};
    inside_.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&inside_, reinterpret_cast<void (*)()>(run), 2, static_cast<unsigned>(self >> 32),
                static_cast<unsigned>(self));
    fiber_ = __tsan_create_fiber(0);
  }
  ~Coroutine() {
    if (fiber_ != nullptr) __tsan_destroy_fiber(fiber_);
  }
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;

  void resume() {
    resumer_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber_, flags_);
    swapcontext(&outside_, &inside_);
  }
  void pause() {
    __tsan_switch_to_fiber(resumer_, flags_);
    swapcontext(&inside_, &outside_);
  }
  void* fiber() const { return fiber_; }
  void leak() { fiber_ = nullptr; }

 protected:
  static constexpr std::size_t kStackBytes = 32 * 1024;
  char* stack() { return stack_.get(); }

 private:
  // Nothing in here is to be seen by the detector but what the body does.
  __attribute__((no_sanitize("thread"))) static void run(unsigned high, unsigned low) {
    auto* self = reinterpret_cast<Coroutine*>(std::uintptr_t{high} << 32 | low);
    self->body_(*self);
    __tsan_switch_to_fiber(self->resumer_, self->flags_);
    setcontext(&self->outside_);
  }

  std::function<void(Coroutine&)> body_;
  std::unique_ptr<char[]> stack_;
  unsigned flags_;
  void* fiber_ = nullptr;
  void* resumer_ = nullptr;
  ucontext_t inside_{}, outside_{};
};

// Its switches order nothing. That its own data and its stack race then is not what is tested.
struct Unordered : Coroutine {
  explicit Unordered(std::function<void(Coroutine&)> body) : Coroutine(std::move(body), kNoSync) {
    AnnotateBenignRaceSized(__FILE__, __LINE__, this, sizeof(*this), "for the test");
    AnnotateBenignRaceSized(__FILE__, __LINE__, stack(), kStackBytes, "for the test");
  }
};

RADDLE_TEST(HandMadeFibers, TakeTurns) {
  std::vector<int> seen;
  Coroutine odd{[&](Coroutine& self) {
    for (int i = 1; i < 6; i += 2) {
      seen.push_back(i);
      self.pause();
    }
  }};
  Coroutine even{[&](Coroutine& self) {
    for (int i = 2; i < 7; i += 2) {
      seen.push_back(i);
      self.pause();
    }
  }};
  for (int i = 0; i < 3; ++i) {
    odd.resume();
    even.resume();
  }
  EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

template <typename Fiber>
void write_in_turns() {
  int value = 0;
  Fiber fiber{[&](Coroutine& self) {
    value = 1;
    self.pause();
    value = 3;
  }};
  fiber.resume();
  value = 2;
  fiber.resume();
  EXPECT_GE(value, 2);
}

RADDLE_TEST(HandMadeFibers, AreOrderedByTheirSwitches) { write_in_turns<Coroutine>(); }
TEST(HandMadeFibers, AreThreadsOfTheirOwnWithoutThatOrder) {
  EXPECT_THAT(raddle::explore(write_in_turns<Unordered>), raddle::FindsRaceOn("value"));
}

RADDLE_TEST(HandMadeFibers, KnowWhatTheirCreatorDidBefore) {
  int value = 1;
  Unordered fiber{[&](Coroutine&) { EXPECT_EQ(value, 1); }};
  fiber.resume();
}
TEST(HandMadeFibers, DoNotKnowWhatItDidAfterwards) {
  EXPECT_THAT(raddle::explore([] {
                int value = 0;
                Unordered fiber{[&](Coroutine&) { EXPECT_EQ(value, 1); }};
                value = 1;
                fiber.resume();
              }),
              raddle::FindsRaceOn("value"));
}

template <bool is_locked>
void count_on_two_threads() {
  std::mutex mutex;
  int count = 0;
  const auto thread = [&] {
    const auto increment = [&](Coroutine& self) {
      for (int i = 0; i < 2; ++i) {
        if (is_locked) mutex.lock();
        ++count;
        if (is_locked) mutex.unlock();
        self.pause();
      }
    };
    Coroutine a{increment}, b{increment};
    for (int i = 0; i < 2; ++i) {
      a.resume();
      b.resume();
    }
  };
  std::thread first{thread}, second{thread};
  first.join();
  second.join();
  EXPECT_EQ(count, 8);
}

RADDLE_TEST(HandMadeFibers, OfTwoThreadsExcludeEachOther) { count_on_two_threads<true>(); }
TEST(HandMadeFibers, OfTwoThreadsRace) {
  EXPECT_THAT(raddle::explore(count_on_two_threads<false>), raddle::FindsRace());
}

// Begun by one thread, a fiber goes on on another.
template <std::memory_order kStore, std::memory_order kLoad>
void hand_over() {
  std::atomic<bool> is_handed_over{false};
  int from_fiber = 0, from_thread = 0;
  Coroutine fiber{[&](Coroutine& self) {
    from_fiber = 1;
    self.pause();
    from_fiber = 2;
    self.pause();
  }};
  std::thread first{[&] {
    fiber.resume();
    from_thread = 1;
    is_handed_over.store(true, kStore);
  }};
  std::thread second{[&] {
    while (!is_handed_over.load(kLoad)) std::this_thread::yield();
    fiber.resume();
    EXPECT_EQ(from_thread, 1);
  }};
  first.join();
  second.join();
  EXPECT_EQ(from_fiber, 2);
}

RADDLE_TEST(HandMadeFibers, MayChangeTheirThread) {
  hand_over<std::memory_order_release, std::memory_order_acquire>();
}
TEST(HandMadeFibers, AreNoOrderBetweenTheirThreads) {
  EXPECT_THAT(raddle::explore(hand_over<std::memory_order_relaxed, std::memory_order_relaxed>),
              raddle::FindsRace());
}

RADDLE_TEST(HandMadeFibers, BlockTheirThreadAndNoOther) {
  std::mutex mutex;
  int value = 0;
  std::thread other{[&] {
    const std::lock_guard lock{mutex};
    std::this_thread::yield();
    ++value;
  }};
  Coroutine fiber{[&](Coroutine& self) {
    const std::lock_guard lock{mutex};
    ++value;
    self.pause();
  }};
  fiber.resume();
  fiber.resume();
  other.join();
  EXPECT_EQ(value, 2);
}

TEST(HandMadeFibers, DeadlockOnAMutexOfTheirThread) {
  const auto report = raddle::explore([] {
    std::mutex mutex;
    Coroutine fiber{[&](Coroutine&) { const std::lock_guard lock{mutex}; }};
    const std::lock_guard lock{mutex};
    fiber.resume();
  });
  EXPECT_THAT(report, raddle::FindsDeadlock());
  EXPECT_THAT(report.text(), testing::HasSubstr("main and F1 wait for each other on `mutex`"));
  EXPECT_THAT(report.text(), testing::Not(testing::HasSubstr("unknown object")));
}

// Neither a race on its memory nor somebody who waits for ever.
void leave_one_behind() {
  Coroutine fiber{[](Coroutine& self) { self.pause(); }};
  fiber.resume();
  fiber.leak();
}
RADDLE_TEST(HandMadeFibers, NeedNotBeDestroyed) { leave_one_behind(); }
RADDLE_TEST(HandMadeFibers, NeedNotBeDestroyedByTheThreadThatEndsLast) {
  std::thread creator{leave_one_behind}, other{[] { std::this_thread::yield(); }};
  creator.join();
  other.join();
  std::thread{leave_one_behind}.detach();
}

RADDLE_TEST(HandMadeFibers, KeepTheirIdentity) {
  void* const own = __tsan_get_current_fiber();
  EXPECT_NE(own, nullptr);
  Coroutine fiber{[&](Coroutine& self) {
    EXPECT_EQ(__tsan_get_current_fiber(), self.fiber());
    self.pause();
    EXPECT_EQ(__tsan_get_current_fiber(), self.fiber());
  }};
  EXPECT_NE(fiber.fiber(), own);
  fiber.resume();
  EXPECT_EQ(__tsan_get_current_fiber(), own);
  fiber.resume();
  EXPECT_EQ(__tsan_get_current_fiber(), own);
}

TEST(HandMadeFibers, AreNamedInReports) {
  const auto report = raddle::explore([] {
    int value = 0;
    Unordered fiber{[&](Coroutine&) { value = 1; }};
    __tsan_set_fiber_name(fiber.fiber(), "coroutine");
    value = 2;
    fiber.resume();
  });
  EXPECT_THAT(report, raddle::FindsRace());
  EXPECT_THAT(report.text(), testing::HasSubstr("coroutine"));
}

RADDLE_TEST(HandMadeFibers, ShareTheVariablesOfTheirThread) {
  thread_local int variable = 0;
  variable = 1;
  Coroutine fiber{[&](Coroutine&) { ++variable; }};
  fiber.resume();
  EXPECT_EQ(variable, 2);
}

// --- What cannot be done is named ---

void expect_refused(void (*body)(), const char* why) {
  const auto report = raddle::explore(body);
  EXPECT_THAT(report, raddle::Finds(raddle::FindingKind::UncontrolledBlocking));
  EXPECT_THAT(report.text(), testing::HasSubstr(why));
}

TEST(HandMadeFibers, AreNotRunWhenDestroyed) {
  expect_refused(
      [] {
        void* fiber = __tsan_create_fiber(0);
        __tsan_destroy_fiber(fiber);
        __tsan_switch_to_fiber(fiber, kSync);
      },
      "destroyed or not created");
}
TEST(HandMadeFibers, AreNotRunWhenOfNoExecution) {
  static void* fiber;
  fiber = __tsan_create_fiber(0);
  expect_refused([] { __tsan_switch_to_fiber(fiber, kSync); }, "not created in this execution");
}
TEST(HandMadeFibers, AreNotDestroyedWhileTheyRun) {
  expect_refused(
      [] {
        void* fiber = __tsan_create_fiber(0);
        __tsan_switch_to_fiber(fiber, kSync);
        __tsan_destroy_fiber(fiber);
      },
      "a fiber that runs");
}
TEST(HandMadeFibers, CannotTakeTheStackOfAnotherThread) {
  expect_refused(
      [] {
        void* const body = __tsan_get_current_fiber();
        std::thread{[=] { __tsan_switch_to_fiber(body, kSync); }}.join();
      },
      "that another thread began on");
}
TEST(HandMadeFibers, RunOnOneThreadAtATime) {
  expect_refused(
      [] {
        void* const fiber = __tsan_create_fiber(0);
        const auto use = [=] {
          void* const own = __tsan_get_current_fiber();
          __tsan_switch_to_fiber(fiber, kSync);
          std::this_thread::yield();
          __tsan_switch_to_fiber(own, kSync);
        };
        std::thread a{use}, b{use};
        a.join();
        b.join();
      },
      "a fiber that another thread runs");
}
TEST(HandMadeFibers, HaveToBeLeftBeforeTheirThreadEnds) {
  expect_refused([] { __tsan_switch_to_fiber(__tsan_create_fiber(0), kSync); },
                 "without having switched back");
}

// --- Fibers that nobody tells of are their thread ---

template <int writers>
void write_from_silent_fibers() {
  int value = 0;
  const auto write = [&] {
    ucontext_t outside{}, inside{};
    const std::unique_ptr<char[]> stack{new char[32 * 1024]};
    getcontext(&inside);
    inside.uc_stack = {stack.get(), 0, 32 * 1024};
    inside.uc_link = &outside;
    static thread_local int* target;
    target = &value;
    makecontext(
        &inside, [] { ++*target; }, 0);
    swapcontext(&outside, &inside);
    ++value;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i) threads.emplace_back(write);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(value, 2 * writers);
}
RADDLE_TEST(SilentFibers, AreOneThread) { write_from_silent_fibers<1>(); }
TEST(SilentFibers, RaceWithThoseOfAnother) {
  EXPECT_THAT(raddle::explore(write_from_silent_fibers<2>), raddle::FindsRaceOn("value"));
}

// Where nothing is explored there is nobody to be told.
TEST(HandMadeFibers, AreNothingOutsideOfExplorations) {
  write_in_turns<Coroutine>();
  EXPECT_NE(__tsan_get_current_fiber(), nullptr);
}

}  // namespace
