// The threads of C11: threads.h.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <ctime>
#include <threads.h>

namespace {

using raddle::tests::expect_both_answers;

thrd_t start(thrd_start_t function, void* argument = nullptr) {
  thrd_t thread{};
  EXPECT_EQ(thrd_create(&thread, function, argument), thrd_success);
  return thread;
}
int join(thrd_t thread) {
  int result = 0;
  EXPECT_EQ(thrd_join(thread, &result), thrd_success);
  return result;
}
int add_one(void* number) { return ++*static_cast<int*>(number); }
int step_aside(void*) {
  thrd_yield();
  return 0;
}
timespec after_ms(long ms) {
  timespec time{};
  timespec_get(&time, TIME_UTC);
  time.tv_nsec += ms * 1'000'000;
  time.tv_sec += time.tv_nsec / 1'000'000'000;
  time.tv_nsec %= 1'000'000'000;
  return time;
}

// A mutex for one test.
struct Mutex {
  explicit Mutex(int type = mtx_plain) { EXPECT_EQ(mtx_init(&it, type), thrd_success); }
  ~Mutex() { mtx_destroy(&it); }
  mtx_t it;
};

// --- Threads ---

RADDLE_TEST(ThrdCreate, RunsTheFunctionWhoseResultIsJoined) {
  int number = 41;
  const thrd_t thread = start(add_one, &number);
  EXPECT_EQ(join(thread), 42);
  EXPECT_EQ(number, 42);
}

TEST(ThrdCreate, MakesAThreadThatMayRace) {
  EXPECT_THAT(raddle::explore([] {
                int number = 0;
                const thrd_t thread = start(add_one, &number);
                ++number;
                join(thread);
              }),
              raddle::FindsRace());
}

RADDLE_TEST(ThrdJoin, TakesNoResultAsWell) {
  int number = 0;
  EXPECT_EQ(thrd_join(start(add_one, &number), nullptr), thrd_success);
  EXPECT_EQ(number, 1);
}
RADDLE_TEST(ThrdJoin, RefusesOneself) { EXPECT_EQ(thrd_join(thrd_current(), nullptr), thrd_error); }

TEST(ThrdJoin, OfTwoThreadsOnEachOtherDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                static thrd_t body;
                body = thrd_current();
                join(start([](void*) { return thrd_join(body, nullptr); }));
              }),
              raddle::FindsDeadlock());
}

int exits(void* result) {
  thrd_exit(*static_cast<int*>(result));
  return 0;
}

RADDLE_TEST(ThrdExit, EndsTheThreadWithAResult) {
  int result = -7;
  EXPECT_EQ(join(start(exits, &result)), -7);
}

RADDLE_TEST(ThrdDetach, CannotBeJoinedOrDetachedAgain) {
  const thrd_t thread = start(step_aside);
  EXPECT_EQ(thrd_detach(thread), thrd_success);
  EXPECT_NE(thrd_detach(thread), thrd_success);
}

TEST(ThrdDetach, OrdersNothing) {
  static int number;
  EXPECT_THAT(raddle::explore([] {
                number = 0;
                thrd_detach(start(add_one, &number));
                thrd_yield();
                ++number;
              }),
              raddle::FindsRaceOn("number"));
}

RADDLE_TEST(ThrdEqual, IsTrueOfOneselfOnly) {
  static thrd_t inside;
  const thrd_t thread = start([](void*) {
    inside = thrd_current();
    return 0;
  });
  join(thread);
  EXPECT_TRUE(thrd_equal(inside, thread));
  EXPECT_FALSE(thrd_equal(inside, thrd_current()));
}

bool goes_first_after_yield() {
  std::atomic<int> flag{0};
  const thrd_t thread = start(
      [](void* argument) {
        static_cast<std::atomic<int>*>(argument)->store(1);
        return 0;
      },
      &flag);
  thrd_yield();
  const bool was_set = flag.load() == 1;
  join(thread);
  return was_set;
}
TEST(ThrdYield, IsAHint) { expect_both_answers(goes_first_after_yield); }

RADDLE_TEST(ThrdSleep, TakesVirtualTime) {
  const timespec before = after_ms(0), hour{3600, 0};
  EXPECT_EQ(thrd_sleep(&hour, nullptr), 0);
  EXPECT_GE(after_ms(0).tv_sec - before.tv_sec, 3600);
}
RADDLE_TEST(ThrdSleep, RefusesWhatIsNoDuration) {
  timespec wrong{0, 1'000'000'000};
  EXPECT_LT(thrd_sleep(&wrong, nullptr), -1);
  wrong = {-1, 0};
  EXPECT_LT(thrd_sleep(&wrong, nullptr), -1);
}

// --- Mutexes ---

struct Guarded {
  Mutex mutex;
  int count = 0;
};
template <int (*lock)(mtx_t*), int (*unlock)(mtx_t*)>
int increment(void* argument) {
  Guarded& guarded = *static_cast<Guarded*>(argument);
  lock(&guarded.mutex.it);
  ++guarded.count;
  unlock(&guarded.mutex.it);
  return 0;
}
template <int (*lock)(mtx_t*), int (*unlock)(mtx_t*)>
void increment_twice() {
  Guarded guarded;
  const thrd_t a = start(increment<lock, unlock>, &guarded);
  const thrd_t b = start(increment<lock, unlock>, &guarded);
  join(a);
  join(b);
  EXPECT_EQ(guarded.count, 2);
}
int do_nothing(mtx_t*) { return 0; }

RADDLE_TEST(MtxLock, Excludes) { increment_twice<mtx_lock, mtx_unlock>(); }
TEST(MtxLock, IsMissedWhereThereIsNone) {
  EXPECT_THAT(raddle::explore(increment_twice<do_nothing, do_nothing>), raddle::FindsRace());
}

TEST(MtxLock, TakenInTwoOrdersDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                static Mutex* first;
                static Mutex* second;
                Mutex a, b;
                first = &a;
                second = &b;
                const thrd_t thread = start([](void*) {
                  mtx_lock(&second->it);
                  mtx_lock(&first->it);
                  mtx_unlock(&first->it);
                  return mtx_unlock(&second->it);
                });
                mtx_lock(&a.it);
                mtx_lock(&b.it);
                mtx_unlock(&b.it);
                mtx_unlock(&a.it);
                join(thread);
              }),
              raddle::FindsDeadlock());
}

TEST(MtxLock, OfAPlainMutexTwiceIsMisuse) {
  EXPECT_THAT(raddle::explore([] {
                Mutex mutex;
                mtx_lock(&mutex.it);
                mtx_lock(&mutex.it);
              }),
              raddle::FindsMutexMisuse());
}
RADDLE_TEST(MtxLock, OfARecursiveMutexNests) {
  for (const int type : {int{mtx_recursive}, mtx_recursive | mtx_timed}) {
    Mutex mutex{type};
    EXPECT_EQ(mtx_lock(&mutex.it), thrd_success);
    EXPECT_EQ(mtx_lock(&mutex.it), thrd_success);
    EXPECT_EQ(mtx_trylock(&mutex.it), thrd_success);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(mtx_unlock(&mutex.it), thrd_success);
  }
}

RADDLE_TEST(MtxInit, MakesAnotherMutexInTheSamePlace) {
  mtx_t mutex;
  EXPECT_EQ(mtx_init(&mutex, mtx_plain), thrd_success);
  mtx_lock(&mutex);
  mtx_unlock(&mutex);
  mtx_destroy(&mutex);
  EXPECT_EQ(mtx_init(&mutex, mtx_recursive), thrd_success);
  mtx_lock(&mutex);
  EXPECT_EQ(mtx_lock(&mutex), thrd_success);
  mtx_unlock(&mutex);
  mtx_unlock(&mutex);
  mtx_destroy(&mutex);
}
TEST(MtxDestroy, OfAHeldMutexIsMisuse) {
  EXPECT_THAT(raddle::explore([] {
                Mutex mutex;
                mtx_lock(&mutex.it);
              }),
              raddle::FindsMutexMisuse());
}
TEST(MtxUnlock, ByAnotherIsMisuse) {
  EXPECT_THAT(
      raddle::explore([] {
        Mutex mutex;
        mtx_lock(&mutex.it);
        join(start([](void* it) { return mtx_unlock(static_cast<mtx_t*>(it)); }, &mutex.it));
      }),
      raddle::FindsMutexMisuse());
}

bool trylock_succeeds() {
  static Mutex* shared;
  Mutex mutex;
  shared = &mutex;
  const thrd_t thread = start([](void*) {
    mtx_lock(&shared->it);
    return mtx_unlock(&shared->it);
  });
  const int result = mtx_trylock(&mutex.it);
  EXPECT_TRUE(result == thrd_success || result == thrd_busy);
  if (result == thrd_success) mtx_unlock(&mutex.it);
  join(thread);
  return result == thrd_success;
}
TEST(MtxTrylock, ComesInTimeOrTooLate) { expect_both_answers(trylock_succeeds); }

bool timedlock_succeeds() {
  static Mutex* shared;
  Mutex mutex{mtx_timed};
  shared = &mutex;
  const thrd_t thread = start([](void*) {
    mtx_lock(&shared->it);
    const timespec duration{0, 1'000'000};
    thrd_sleep(&duration, nullptr);
    return mtx_unlock(&shared->it);
  });
  const timespec deadline = after_ms(1);
  const int result = mtx_timedlock(&mutex.it, &deadline);
  EXPECT_TRUE(result == thrd_success || result == thrd_timedout);
  if (result == thrd_success) mtx_unlock(&mutex.it);
  join(thread);
  return result == thrd_success;
}
TEST(MtxTimedlock, IsInTimeOrTooLate) { expect_both_answers(timedlock_succeeds); }
RADDLE_TEST(MtxTimedlock, RefusesWhatIsNoTime) {
  Mutex mutex{mtx_timed};
  const timespec wrong{0, -1};
  EXPECT_EQ(mtx_timedlock(&mutex.it, &wrong), thrd_error);
}

// --- Condition variables ---

// One thread waits until the other has written.
struct Mailbox {
  Mailbox() { EXPECT_EQ(cnd_init(&arrived), thrd_success); }
  ~Mailbox() { cnd_destroy(&arrived); }
  Mutex mutex;
  cnd_t arrived;
  bool is_full = false;
};
template <int (*notify)(cnd_t*)>
int send(void* argument) {
  Mailbox& box = *static_cast<Mailbox*>(argument);
  mtx_lock(&box.mutex.it);
  box.is_full = true;
  notify(&box.arrived);
  return mtx_unlock(&box.mutex.it);
}
int receive(void* argument) {
  Mailbox& box = *static_cast<Mailbox*>(argument);
  mtx_lock(&box.mutex.it);
  while (!box.is_full) EXPECT_EQ(cnd_wait(&box.arrived, &box.mutex.it), thrd_success);
  return mtx_unlock(&box.mutex.it);
}
int no_notification(cnd_t*) { return 0; }

template <int (*notify)(cnd_t*), int receivers>
void send_and_receive() {
  Mailbox box;
  thrd_t threads[receivers];
  for (thrd_t& thread : threads) thread = start(receive, &box);
  send<notify>(&box);
  for (const thrd_t thread : threads) join(thread);
}
void signal_one() { send_and_receive<cnd_signal, 1>(); }
void signal_two() { send_and_receive<cnd_signal, 2>(); }
void broadcast_two() { send_and_receive<cnd_broadcast, 2>(); }
void signal_nobody() { send_and_receive<no_notification, 1>(); }

RADDLE_TEST(CndSignal, WakesOne) { signal_one(); }
TEST(CndSignal, DoesNotWakeTwo) {
  EXPECT_THAT(raddle::explore(signal_two), raddle::FindsDeadlock());
}
RADDLE_TEST(CndBroadcast, WakesAll) { broadcast_two(); }
TEST(CndWait, WithoutASignalWaitsForEver) {
  EXPECT_THAT(raddle::explore(signal_nobody), raddle::FindsDeadlock());
}
TEST(CndWait, LosesASignalThatCameBefore) {
  EXPECT_THAT(raddle::explore([] {
                Mailbox box;
                const thrd_t thread =
                    start([](void* arrived) { return cnd_signal(static_cast<cnd_t*>(arrived)); },
                          &box.arrived);
                mtx_lock(&box.mutex.it);
                cnd_wait(&box.arrived, &box.mutex.it);
                mtx_unlock(&box.mutex.it);
                join(thread);
              }),
              raddle::FindsLostWakeup());
}

bool timedwait_is_woken() {
  Mailbox box;
  const thrd_t thread = start(send<cnd_signal>, &box);
  mtx_lock(&box.mutex.it);
  const timespec deadline = after_ms(1);
  int result = thrd_success;
  while (!box.is_full && result == thrd_success) {
    result = cnd_timedwait(&box.arrived, &box.mutex.it, &deadline);
  }
  EXPECT_TRUE(result == thrd_success || result == thrd_timedout);
  mtx_unlock(&box.mutex.it);
  join(thread);
  return result == thrd_success;
}
TEST(CndTimedwait, IsInTimeOrTooLate) { expect_both_answers(timedwait_is_woken); }
RADDLE_TEST(CndTimedwait, RefusesWhatIsNoTime) {
  Mailbox box;
  mtx_lock(&box.mutex.it);
  const timespec wrong{0, -1};
  EXPECT_EQ(cnd_timedwait(&box.arrived, &box.mutex.it, &wrong), thrd_error);
  mtx_unlock(&box.mutex.it);
}
TEST(CndDestroy, OfAConditionThatIsWaitedOnIsMisuse) {
  EXPECT_THAT(raddle::explore([] {
                static Mailbox* shared;
                Mailbox box;
                shared = &box;
                thrd_detach(start(receive, shared));
                thrd_yield();
                cnd_destroy(&box.arrived);
              }),
              raddle::FindsMutexMisuse());
}

// --- One-time initialisation, thread-specific data ---

int runs;
void initialise() { ++runs; }
int use_once(void* flag) {
  call_once(static_cast<once_flag*>(flag), initialise);
  return runs;
}

RADDLE_TEST(CallOnce, RunsOnceForAll) {
  runs = 0;
  once_flag flag = ONCE_FLAG_INIT;
  const thrd_t a = start(use_once, &flag), b = start(use_once, &flag);
  EXPECT_EQ(join(a), 1);
  EXPECT_EQ(join(b), 1);
}
TEST(CallOnce, WithAFlagEachIsARace) {
  EXPECT_THAT(raddle::explore([] {
                runs = 0;
                const auto use = [](void*) {
                  once_flag mine = ONCE_FLAG_INIT;
                  return use_once(&mine);
                };
                const thrd_t a = start(use), b = start(use);
                join(a);
                join(b);
              }),
              raddle::FindsRaceOn("runs"));
}

int destroyed;
tss_t key;
int values[2];
int keep(void* value) {
  EXPECT_EQ(tss_get(key), nullptr);
  EXPECT_EQ(tss_set(key, value), thrd_success);
  thrd_yield();
  EXPECT_EQ(tss_get(key), value);
  return 0;
}
RADDLE_TEST(Tss, HoldsOneValueForEachThread) {
  EXPECT_EQ(tss_create(&key, nullptr), thrd_success);
  const thrd_t thread = start(keep, &values[0]);
  keep(&values[1]);
  join(thread);
  tss_delete(key);
}
RADDLE_TEST(Tss, DestroysItsValueBeforeTheThreadIsJoined) {
  destroyed = 0;
  EXPECT_EQ(tss_create(&key, [](void*) { ++destroyed; }), thrd_success);
  join(start(keep, &values[0]));
  EXPECT_EQ(destroyed, 1);
  tss_delete(key);
}

// Where nothing is explored, all of this is the system's.
TEST(C11Threads, AreTheSystemsOutsideOfExplorations) {
  increment_twice<mtx_lock, mtx_unlock>();
  broadcast_two();
  timedwait_is_woken();
  runs = 0;
  once_flag flag = ONCE_FLAG_INIT;
  EXPECT_EQ(join(start(use_once, &flag)), 1);
  EXPECT_EQ(use_once(&flag), 1);
  int result = 9;
  EXPECT_EQ(join(start(exits, &result)), 9);
  EXPECT_EQ(tss_create(&key, [](void*) { ++destroyed; }), thrd_success);
  destroyed = 0;
  join(start(keep, &values[0]));
  EXPECT_EQ(destroyed, 1);
  tss_delete(key);
  const timespec short_time{0, 1000};
  EXPECT_EQ(thrd_sleep(&short_time, nullptr), 0);
  EXPECT_EQ(thrd_detach(start(step_aside)), thrd_success);
}

}  // namespace
