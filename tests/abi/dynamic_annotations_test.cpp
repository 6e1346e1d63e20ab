// The dynamic annotations that are rarely met: compiler-rt's tsan_interface_ann.cpp.
#include <raddle/gtest.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <pthread.h>
#include <string>
#include <thread>

extern "C" {
void AnnotateCondVarSignal(const char*, int, const volatile void*);
void AnnotateCondVarSignalAll(const char*, int, const volatile void*);
void AnnotateCondVarWait(const char*, int, const volatile void*, const volatile void*);
void AnnotateEnableRaceDetection(const char*, int, int);
void AnnotateExpectRace(const char*, int, const volatile void*, const char*);
void AnnotateFlushExpectedRaces(const char*, int);
void AnnotateFlushState(const char*, int);
void AnnotateIgnoreSyncBegin(const char*, int);
void AnnotateIgnoreSyncEnd(const char*, int);
void AnnotateMemoryIsInitialized(const char*, int, const volatile void*, std::size_t);
void AnnotateMemoryIsUninitialized(const char*, int, const volatile void*, std::size_t);
void AnnotateMutexIsNotPHB(const char*, int, const volatile void*);
void AnnotateMutexIsUsedAsCondVar(const char*, int, const volatile void*);
void AnnotateNoOp(const char*, int, const volatile void*);
void AnnotatePCQCreate(const char*, int, const volatile void*);
void AnnotatePCQDestroy(const char*, int, const volatile void*);
void AnnotatePCQGet(const char*, int, const volatile void*);
void AnnotatePCQPut(const char*, int, const volatile void*);
void AnnotatePublishMemoryRange(const char*, int, const volatile void*, std::size_t);
void AnnotateTraceMemory(const char*, int, const volatile void*);
void AnnotateUnpublishMemoryRange(const char*, int, const volatile void*, std::size_t);
void WTFAnnotateBenignRaceSized(const char*, int, const volatile void*, std::size_t, const char*);
void WTFAnnotateHappensAfter(const char*, int, const volatile void*);
void WTFAnnotateHappensBefore(const char*, int, const volatile void*);
int RunningOnValgrind();
double ValgrindSlowdown();
const char* ThreadSanitizerQuery(const char*);
void __tsan_flush_memory();
void* __tsan_get_current_report();
int __tsan_get_report_unique_tid(void*, unsigned long, int*);
}

namespace {

#define RADDLE_HERE __FILE__, __LINE__

// Two threads write `value` at once.
void write_twice(char& value) {
  std::thread a{[&] { value = 1; }}, b{[&] { value = 2; }};
  a.join();
  b.join();
}

// One thread writes a value and calls `tell`, the other sees that, calls `learn` and reads it.
// Nothing but these two may order the accesses.
using Annotation = void (*)(const volatile void*);
template <Annotation tell, Annotation learn>
void pass_on() {
  int value = 0;
  std::atomic<bool> is_told{false};
  std::thread writer{[&] {
    value = 1;
    tell(&value);
    is_told.store(true, std::memory_order_relaxed);
  }};
  if (is_told.load(std::memory_order_relaxed)) {
    learn(&value);
    EXPECT_EQ(value, 1);
  }
  writer.join();
}
void nothing(const volatile void*) {}

TEST(DynamicAnnotations, AreMissedWhereThereAreNone) {
  EXPECT_THAT(raddle::explore(pass_on<nothing, nothing>), raddle::FindsRaceOn("value"));
}

void signal(const volatile void* it) { AnnotateCondVarSignal(RADDLE_HERE, it); }
void signal_all(const volatile void* it) { AnnotateCondVarSignalAll(RADDLE_HERE, it); }
void wait(const volatile void* it) { AnnotateCondVarWait(RADDLE_HERE, it, nullptr); }
RADDLE_TEST(AnnotateCondVar, OrdersASignalBeforeTheWait) { pass_on<signal, wait>(); }
RADDLE_TEST(AnnotateCondVar, OrdersASignalToAllBeforeTheWait) { pass_on<signal_all, wait>(); }
TEST(AnnotateCondVar, OrdersNothingThatDoesNotWait) {
  EXPECT_THAT(raddle::explore(pass_on<signal, nothing>), raddle::FindsRaceOn("value"));
}

void put(const volatile void* it) { AnnotatePCQPut(RADDLE_HERE, it); }
void get(const volatile void* it) { AnnotatePCQGet(RADDLE_HERE, it); }
void use_queue() {
  int queue = 0;
  AnnotatePCQCreate(RADDLE_HERE, &queue);
  pass_on<put, get>();
  AnnotatePCQDestroy(RADDLE_HERE, &queue);
}
RADDLE_TEST(AnnotatePCQ, OrdersAPutBeforeTheGet) { use_queue(); }
TEST(AnnotatePCQ, OrdersNothingThatWasNotPut) {
  EXPECT_THAT(raddle::explore(pass_on<nothing, get>), raddle::FindsRaceOn("value"));
}

void before(const volatile void* it) { WTFAnnotateHappensBefore(RADDLE_HERE, it); }
void after(const volatile void* it) { WTFAnnotateHappensAfter(RADDLE_HERE, it); }
RADDLE_TEST(WTFAnnotate, OrdersBeforeAndAfter) { pass_on<before, after>(); }
TEST(WTFAnnotate, OrdersNothingWithoutBoth) {
  EXPECT_THAT(raddle::explore(pass_on<before, nothing>), raddle::FindsRaceOn("value"));
}
RADDLE_TEST(WTFAnnotate, AllowsARace) {
  char value = 0;
  WTFAnnotateBenignRaceSized(RADDLE_HERE, &value, sizeof(value), "meant");
  write_twice(value);
}

void publish(const volatile void* it) {
  AnnotatePublishMemoryRange(RADDLE_HERE, it, sizeof(int));
  AnnotateUnpublishMemoryRange(RADDLE_HERE, it, sizeof(int));
}
RADDLE_TEST(AnnotatePublishMemoryRange, OrdersWhatWasDoneBefore) { pass_on<publish, nothing>(); }
TEST(AnnotatePublishMemoryRange, DoesNotOrderWhatIsDoneAfterwards) {
  EXPECT_THAT(raddle::explore([] {
                char value = 0;
                AnnotatePublishMemoryRange(RADDLE_HERE, &value, 1);
                write_twice(value);
              }),
              raddle::FindsRace());
}

RADDLE_TEST(AnnotateExpectRace, AllowsThatRaceWhetherOrNotItIsMet) {
  char met = 0, missed = 0;
  AnnotateExpectRace(RADDLE_HERE, &met, "on purpose");
  AnnotateExpectRace(RADDLE_HERE, &missed, "on purpose");
  write_twice(met);
  AnnotateFlushExpectedRaces(RADDLE_HERE);
}
TEST(AnnotateExpectRace, AllowsNoOther) {
  EXPECT_THAT(raddle::explore([] {
                char values[2] = {};
                AnnotateExpectRace(RADDLE_HERE, &values[0], "on purpose");
                write_twice(values[1]);
              }),
              raddle::FindsRace());
}

// --- The search for races as a whole ---

RADDLE_TEST(AnnotateEnableRaceDetection, IsOffForAllThreadsOldAndNew) {
  char value = 0;
  std::atomic<bool> is_off{false};
  std::thread old{[&] {
    while (!is_off.load()) std::this_thread::yield();
    value = 3;
  }};
  AnnotateEnableRaceDetection(RADDLE_HERE, 0);
  is_off.store(true);
  write_twice(value);
  old.join();
  AnnotateEnableRaceDetection(RADDLE_HERE, 1);
}
TEST(AnnotateEnableRaceDetection, IsOnAgainWhenSaid) {
  EXPECT_THAT(raddle::explore([] {
                char value = 0;
                AnnotateEnableRaceDetection(RADDLE_HERE, 0);
                AnnotateEnableRaceDetection(RADDLE_HERE, 1);
                write_twice(value);
              }),
              raddle::FindsRace());
}
TEST(AnnotateEnableRaceDetection, IsOnAgainInTheNextExecution) {
  EXPECT_THAT(raddle::explore([] {
                char value = 0;
                write_twice(value);
                AnnotateEnableRaceDetection(RADDLE_HERE, 0);
              }),
              raddle::FindsRace());
}
TEST(AnnotateEnableRaceDetection, SaidOutsideHoldsForAllExecutions) {
  const auto body = [] {
    char value = 0;
    write_twice(value);
  };
  AnnotateEnableRaceDetection(RADDLE_HERE, 0);
  EXPECT_THAT(raddle::explore(body), raddle::FindsNothing());
  AnnotateEnableRaceDetection(RADDLE_HERE, 1);
  EXPECT_THAT(raddle::explore(body), raddle::FindsRace());
}

// Two threads that write, one after the other, and say so by `first` and `second`: each is an
// operation on what `Shared` has.
template <class Shared, class First, class Second>
void write_in_order(First first, Second second) {
  Shared shared;
  [[maybe_unused]] int value = 0;
  std::thread writer{[&] {
    value = 1;
    first(shared);
  }};
  if (second(shared)) value = 2;
  writer.join();
}
template <class Operation>
auto without_order(Operation operation) {
  return [=](auto& shared) {
    AnnotateIgnoreSyncBegin(RADDLE_HERE);
    const auto result = operation(shared);
    AnnotateIgnoreSyncEnd(RADDLE_HERE);
    return result;
  };
}

using Flag = std::atomic<int>;
constexpr auto kStore = [](Flag& flag) { return flag.store(1, std::memory_order_release), 0; };
constexpr auto kLoad = [](Flag& flag) { return flag.load(std::memory_order_acquire) == 1; };
struct Locked {
  std::mutex mutex;
  bool is_written = false;
};
constexpr auto kSet = [](Locked& locked) {
  const std::lock_guard lock{locked.mutex};
  return locked.is_written = true;
};
constexpr auto kGet = [](Locked& locked) {
  const std::lock_guard lock{locked.mutex};
  return locked.is_written;
};
constexpr auto kRelease = [](Flag& flag) {
  WTFAnnotateHappensBefore(RADDLE_HERE, &flag);
  return flag.store(1, std::memory_order_relaxed), 0;
};
constexpr auto kAcquire = [](Flag& flag) {
  const bool is_there = flag.load(std::memory_order_relaxed) == 1;
  WTFAnnotateHappensAfter(RADDLE_HERE, &flag);
  return is_there;
};

raddle::Report explore_all(void (*body)()) {
  raddle::Options options;
  options.strategy = "exhaustive";
  return raddle::explore(body, options);
}

TEST(AnnotateIgnoreSync, TakesTheOrderFromAtomics) {
  EXPECT_THAT(explore_all([] { write_in_order<Flag>(kStore, kLoad); }), raddle::FindsNothing());
  EXPECT_THAT(explore_all([] { write_in_order<Flag>(without_order(kStore), kLoad); }),
              raddle::FindsRaceOn("value"));
  EXPECT_THAT(explore_all([] { write_in_order<Flag>(kStore, without_order(kLoad)); }),
              raddle::FindsRaceOn("value"));
}
TEST(AnnotateIgnoreSync, TakesTheOrderFromLocks) {
  EXPECT_THAT(explore_all([] { write_in_order<Locked>(kSet, kGet); }), raddle::FindsNothing());
  EXPECT_THAT(explore_all([] { write_in_order<Locked>(without_order(kSet), kGet); }),
              raddle::Finds(raddle::FindingKind::DataRace));
  EXPECT_THAT(explore_all([] { write_in_order<Locked>(kSet, without_order(kGet)); }),
              raddle::Finds(raddle::FindingKind::DataRace));
}
TEST(AnnotateIgnoreSync, TakesTheOrderFromAnnotations) {
  EXPECT_THAT(explore_all([] { write_in_order<Flag>(kRelease, kAcquire); }),
              raddle::FindsNothing());
  EXPECT_THAT(explore_all([] { write_in_order<Flag>(without_order(kRelease), kAcquire); }),
              raddle::FindsRaceOn("value"));
}
TEST(AnnotateIgnoreSync, TakesTheOrderFromJoinsAndFromTheCreationOfThreads) {
  EXPECT_THAT(explore_all([] {
                [[maybe_unused]] int value = 0;
                std::thread writer{[&] { value = 1; }};
                AnnotateIgnoreSyncBegin(RADDLE_HERE);
                writer.join();
                AnnotateIgnoreSyncEnd(RADDLE_HERE);
                value = 2;
              }),
              raddle::FindsRaceOn("value"));
  EXPECT_THAT(explore_all([] {
                int value = 1;
                pthread_t writer;
                AnnotateIgnoreSyncBegin(RADDLE_HERE);
                pthread_create(
                    &writer, nullptr,
                    [](void* to) -> void* {
                      *static_cast<int*>(to) = 2;
                      return nullptr;
                    },
                    &value);
                AnnotateIgnoreSyncEnd(RADDLE_HERE);
                pthread_join(writer, nullptr);
              }),
              raddle::FindsRaceOn("value"));
}
// A lock taken before and given back after orders what it always orders.
TEST(AnnotateIgnoreSync, LeavesTheOrderOfWhatIsOutside) {
  const auto set = [](Locked& locked) {
    const std::lock_guard lock{locked.mutex};
    without_order([](bool& is_written) { return is_written = true; })(locked.is_written);
    return true;
  };
  static constexpr auto kSetInside = set;
  EXPECT_THAT(explore_all([] { write_in_order<Locked>(kSetInside, kGet); }),
              raddle::FindsNothing());
}
TEST(AnnotateIgnoreSync, Nests) {
  static constexpr auto kStoreTwice = [](Flag& flag) {
    AnnotateIgnoreSyncBegin(RADDLE_HERE);
    without_order(kStore)(flag);
    const int result = kStore(flag);  // still ignored
    AnnotateIgnoreSyncEnd(RADDLE_HERE);
    return result;
  };
  EXPECT_THAT(explore_all([] { write_in_order<Flag>(kStoreTwice, kLoad); }),
              raddle::FindsRaceOn("value"));
}
// Nor does it concern other threads, or the next execution.
TEST(AnnotateIgnoreSync, IsOfOneThreadAndOneExecution) {
  EXPECT_THAT(explore_all([] {
                std::thread other{[] { AnnotateIgnoreSyncBegin(RADDLE_HERE); }};
                write_in_order<Flag>(kStore, kLoad);
                other.join();
              }),
              raddle::FindsNothing());
}
// What blocks goes on blocking.
TEST(AnnotateIgnoreSync, LeavesScheduling) {
  EXPECT_THAT(explore_all([] {
                std::mutex mutex;
                std::atomic<int> inside{0};
                const auto enter = [&] {
                  AnnotateIgnoreSyncBegin(RADDLE_HERE);
                  {
                    const std::lock_guard lock{mutex};
                    raddle::check(++inside == 1, "two at once");
                    --inside;
                  }
                  AnnotateIgnoreSyncEnd(RADDLE_HERE);
                };
                std::thread other{enter};
                enter();
                other.join();
              }),
              raddle::FindsNothing());
  EXPECT_THAT(explore_all([] {
                std::mutex mutex;
                AnnotateIgnoreSyncBegin(RADDLE_HERE);
                mutex.lock();
                mutex.lock();
              }),
              raddle::FindsMutexMisuse());
}
TEST(AnnotateIgnoreSync, OneEndTooManyIsNothing) {
  EXPECT_THAT(explore_all([] {
                AnnotateIgnoreSyncEnd(RADDLE_HERE);
                write_in_order<Flag>(kStore, kLoad);
              }),
              raddle::FindsNothing());
}
TEST(AnnotateIgnoreSync, IsNothingOutsideOfExplorations) {
  AnnotateIgnoreSyncBegin(RADDLE_HERE);
  AnnotateIgnoreSyncEnd(RADDLE_HERE);
}

// --- What is not about races ---

void call_what_has_no_effect(char& value) {
  AnnotateMemoryIsInitialized(RADDLE_HERE, &value, 1);
  AnnotateMemoryIsUninitialized(RADDLE_HERE, &value, 1);
  AnnotateTraceMemory(RADDLE_HERE, &value);
  AnnotateNoOp(RADDLE_HERE, &value);
  AnnotateFlushState(RADDLE_HERE);
  AnnotateMutexIsNotPHB(RADDLE_HERE, &value);
  AnnotateMutexIsUsedAsCondVar(RADDLE_HERE, &value);
  __tsan_flush_memory();
}
RADDLE_TEST(DynamicAnnotations, ForOtherToolsFindNothing) {
  char value = 0;
  call_what_has_no_effect(value);
}
TEST(DynamicAnnotations, ForOtherToolsHideNothing) {
  EXPECT_THAT(raddle::explore([] {
                char value = 0;
                std::thread writer{[&] {
                  value = 1;
                  call_what_has_no_effect(value);
                }};
                value = 2;
                call_what_has_no_effect(value);
                writer.join();
              }),
              raddle::FindsRace());
}

RADDLE_TEST(DynamicAnnotations, AnswerWhatTheyAreAsked) {
  EXPECT_EQ(RunningOnValgrind(), 0);
  EXPECT_EQ(ValgrindSlowdown(), 1.0);
  EXPECT_EQ(std::string{ThreadSanitizerQuery("pure_happens_before")}, "1");
  EXPECT_EQ(std::string{ThreadSanitizerQuery("hybrid_full")}, "0");
}

RADDLE_TEST(TsanReports, AreNoneWhileTheProgramRuns) {
  int thread = 0;
  EXPECT_EQ(__tsan_get_current_report(), nullptr);
  EXPECT_EQ(__tsan_get_report_unique_tid(nullptr, 0, &thread), 0);
}

}  // namespace
