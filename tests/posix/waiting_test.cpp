// pthread conditions and barriers, POSIX semaphores, futex system calls.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <ctime>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace {

using raddle::tests::expect_both_answers;

timespec soon(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  ++time.tv_sec;
  return time;
}

// A flag under a mutex, with a condition that goes by `clock`.
struct Flag {
  explicit Flag(clockid_t clock = CLOCK_REALTIME) {
    pthread_mutex_init(&mutex, nullptr);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, clock);
    pthread_cond_init(&raised, &attributes);
    pthread_condattr_destroy(&attributes);
  }
  ~Flag() {
    pthread_cond_destroy(&raised);
    pthread_mutex_destroy(&mutex);
  }
  void raise() {
    pthread_mutex_lock(&mutex);
    is_up = true;
    pthread_cond_broadcast(&raised);
    pthread_mutex_unlock(&mutex);
  }
  pthread_mutex_t mutex;
  pthread_cond_t raised;
  bool is_up = false;
};

RADDLE_TEST(PthreadCond, WakesAllOnBroadcast) {
  Flag flag;
  auto wait = [&] {
    pthread_mutex_lock(&flag.mutex);
    while (!flag.is_up) EXPECT_EQ(pthread_cond_wait(&flag.raised, &flag.mutex), 0);
    pthread_mutex_unlock(&flag.mutex);
  };
  std::thread a{wait}, b{wait};
  flag.raise();
  a.join();
  b.join();
}

TEST(PthreadCond, SignalledTooEarlyIsALostWakeup) {
  EXPECT_THAT(raddle::explore([] {
                Flag flag;
                std::thread caller{[&] { pthread_cond_signal(&flag.raised); }};
                pthread_mutex_lock(&flag.mutex);
                pthread_cond_wait(&flag.raised, &flag.mutex);
                pthread_mutex_unlock(&flag.mutex);
                caller.join();
              }),
              raddle::FindsLostWakeup());
}

TEST(PthreadCond, WaitedForWithoutTheMutexIsMisuse) {
  EXPECT_THAT(raddle::explore([] {
                Flag flag;
                std::thread caller{[&] { flag.raise(); }};
                pthread_cond_wait(&flag.raised, &flag.mutex);
                caller.join();
              }),
              raddle::FindsMutexMisuse());
}

template <clockid_t clock>
bool timedwait_is_in_time() {
  Flag flag{clock};
  std::thread caller{[&] { flag.raise(); }};
  pthread_mutex_lock(&flag.mutex);
  const timespec deadline = soon(clock);
  int error = 0;
  while (!flag.is_up && error == 0) {
    error = pthread_cond_timedwait(&flag.raised, &flag.mutex, &deadline);
  }
  EXPECT_TRUE(error == 0 || error == ETIMEDOUT);
  const bool in_time = flag.is_up;
  pthread_mutex_unlock(&flag.mutex);
  caller.join();
  return in_time;
}
bool clockwait_is_in_time() {
  Flag flag;
  std::thread caller{[&] { flag.raise(); }};
  pthread_mutex_lock(&flag.mutex);
  const timespec deadline = soon(CLOCK_MONOTONIC);
  int error = 0;
  while (!flag.is_up && error == 0) {
    error = pthread_cond_clockwait(&flag.raised, &flag.mutex, CLOCK_MONOTONIC, &deadline);
  }
  const bool in_time = flag.is_up;
  pthread_mutex_unlock(&flag.mutex);
  caller.join();
  return in_time;
}

TEST(PthreadCond, TimedwaitIsInTimeOrTooLate) {
  expect_both_answers(timedwait_is_in_time<CLOCK_REALTIME>);
}
TEST(PthreadCond, TimedwaitOnTheMonotonicClockIsInTimeOrTooLate) {
  expect_both_answers(timedwait_is_in_time<CLOCK_MONOTONIC>);
}
TEST(PthreadCond, ClockwaitIsInTimeOrTooLate) { expect_both_answers(clockwait_is_in_time); }

template <clockid_t clock>
void time_out() {
  Flag flag{clock};
  pthread_mutex_lock(&flag.mutex);
  const timespec deadline = soon(clock);
  EXPECT_EQ(pthread_cond_timedwait(&flag.raised, &flag.mutex, &deadline), ETIMEDOUT);
  timespec now{};
  clock_gettime(clock, &now);
  EXPECT_GE(now.tv_sec, deadline.tv_sec);
  EXPECT_LT(now.tv_sec, deadline.tv_sec + 2);
  pthread_mutex_unlock(&flag.mutex);
}

RADDLE_TEST(PthreadCond, TimesOutByTheRealtimeClock) { time_out<CLOCK_REALTIME>(); }
RADDLE_TEST(PthreadCond, TimesOutByTheClockOfItsAttributes) { time_out<CLOCK_MONOTONIC>(); }

RADDLE_TEST(PthreadBarrier, SeparatesPhasesAndSinglesOutOne) {
  pthread_barrier_t barrier;
  EXPECT_EQ(pthread_barrier_init(&barrier, nullptr, 2), 0);
  int written[2] = {};
  int singled_out[2] = {};
  auto work = [&](int me) {
    written[me] = 1;
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) ++singled_out[me];
    EXPECT_EQ(written[1 - me], 1);
    pthread_barrier_wait(&barrier);
    written[me] = 2;
  };
  std::thread a{work, 0}, b{work, 1};
  a.join();
  b.join();
  EXPECT_EQ(singled_out[0] + singled_out[1], 1);
  EXPECT_EQ(pthread_barrier_destroy(&barrier), 0);
}

TEST(PthreadBarrier, WithOneTooFewDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                pthread_barrier_t barrier;
                pthread_barrier_init(&barrier, nullptr, 2);
                pthread_barrier_wait(&barrier);
              }),
              raddle::FindsDeadlock());
}

RADDLE_TEST(Semaphore, HandsOverAndCounts) {
  sem_t filled;
  EXPECT_EQ(sem_init(&filled, 0, 0), 0);
  int value = 0;
  std::thread giver{[&] {
    value = 7;
    EXPECT_EQ(sem_post(&filled), 0);
  }};
  EXPECT_EQ(sem_wait(&filled), 0);
  EXPECT_EQ(value, 7);
  giver.join();
  sem_post(&filled);
  sem_post(&filled);
  int count = 0;
  EXPECT_EQ(sem_getvalue(&filled, &count), 0);
  EXPECT_EQ(count, 2);
  EXPECT_EQ(sem_trywait(&filled), 0);
  EXPECT_EQ(sem_trywait(&filled), 0);
  EXPECT_EQ(sem_trywait(&filled), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(sem_destroy(&filled), 0);
}

TEST(Semaphore, NeverPostedDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                sem_t never;
                sem_init(&never, 0, 0);
                sem_wait(&never);
              }),
              raddle::FindsDeadlock());
}

template <clockid_t clock>
bool semaphore_is_in_time() {
  sem_t permit;
  sem_init(&permit, 0, 0);
  std::thread giver{[&] { sem_post(&permit); }};
  const timespec deadline = soon(clock);
  const int result = clock == CLOCK_REALTIME ? sem_timedwait(&permit, &deadline)
                                             : sem_clockwait(&permit, clock, &deadline);
  if (result != 0) {
    EXPECT_EQ(errno, ETIMEDOUT);
  }
  giver.join();
  sem_destroy(&permit);
  return result == 0;
}

TEST(Semaphore, TimedwaitIsInTimeOrTooLate) {
  expect_both_answers(semaphore_is_in_time<CLOCK_REALTIME>);
}
TEST(Semaphore, ClockwaitIsInTimeOrTooLate) {
  expect_both_answers(semaphore_is_in_time<CLOCK_MONOTONIC>);
}

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* time = nullptr, std::uint32_t bits = 0) {
  return syscall(SYS_futex, &word, operation, value, time, nullptr, bits);
}

RADDLE_TEST(Futex, SleepsUntilItIsWoken) {
  std::atomic<std::uint32_t> word{0};
  int value = 0;
  std::thread waker{[&] {
    value = 7;
    word = 1;
    EXPECT_LE(futex(word, FUTEX_WAKE_PRIVATE, INT_MAX), 1);
  }};
  while (word == 0) {
    if (futex(word, FUTEX_WAIT_PRIVATE, 0) != 0) {
      EXPECT_EQ(errno, EAGAIN);
    }
  }
  EXPECT_EQ(value, 7);
  waker.join();
}

RADDLE_TEST(Futex, DoesNotSleepOnAWordThatHasChanged) {
  std::atomic<std::uint32_t> word{1};
  EXPECT_EQ(futex(word, FUTEX_WAIT, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(futex(word, FUTEX_WAKE, 1), 0);
}

RADDLE_TEST(Futex, TimesOut) {
  std::atomic<std::uint32_t> word{0};
  const timespec a_second{1, 0};
  EXPECT_EQ(futex(word, FUTEX_WAIT, 0, &a_second), -1);
  EXPECT_EQ(errno, ETIMEDOUT);
  const timespec monotonic = soon(CLOCK_MONOTONIC);
  EXPECT_EQ(futex(word, FUTEX_WAIT_BITSET, 0, &monotonic, FUTEX_BITSET_MATCH_ANY), -1);
  EXPECT_EQ(errno, ETIMEDOUT);
  const timespec realtime = soon(CLOCK_REALTIME);
  EXPECT_EQ(
      futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &realtime, FUTEX_BITSET_MATCH_ANY),
      -1);
  EXPECT_EQ(errno, ETIMEDOUT);
}

TEST(Futex, WokenTooEarlyIsNotWokenAgain) {
  EXPECT_FALSE(raddle::explore([] {
                 std::atomic<std::uint32_t> word{0};
                 std::thread waker{[&] { futex(word, FUTEX_WAKE, 1); }};
                 futex(word, FUTEX_WAIT, 0);
                 waker.join();
               }).clean());
}

void expect_unsupported(void (*call)(), const char* named) {
  const auto report = raddle::explore(call);
  EXPECT_THAT(report, raddle::Finds(raddle::FindingKind::UncontrolledBlocking));
  EXPECT_THAT(report.text(), testing::HasSubstr(named));
}

TEST(Futex, OperationsThatAreNotSupportedAreNamed) {
  expect_unsupported(
      [] {
        std::atomic<std::uint32_t> word{0};
        futex(word, FUTEX_LOCK_PI, 0);
      },
      "futex operation 6");
}
TEST(Futex, SetsOfBitsAreNamedAsUnsupported) {
  expect_unsupported(
      [] {
        std::atomic<std::uint32_t> word{0};
        futex(word, FUTEX_WAIT_BITSET, 0, nullptr, 1);
      },
      "FUTEX_BITSET_MATCH_ANY");
}

}  // namespace
