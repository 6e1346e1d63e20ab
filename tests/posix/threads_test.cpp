// pthread threads: how they are made, how they end, what they are called, what they keep.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <cerrno>
#include <ctime>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

using raddle::tests::expect_both_answers;

void* add_one(void* number) {
  ++*static_cast<int*>(number);
  return number;
}
void* do_nothing(void*) { return nullptr; }
void* step_aside(void*) {
  sched_yield();
  return nullptr;
}

pthread_t start(void* (*function)(void*), void* argument = nullptr,
                const pthread_attr_t* attributes = nullptr) {
  pthread_t thread{};
  EXPECT_EQ(pthread_create(&thread, attributes, function, argument), 0);
  return thread;
}

timespec after_ms(clockid_t clock, long ms) {
  timespec time{};
  clock_gettime(clock, &time);
  time.tv_nsec += ms * 1'000'000;
  time.tv_sec += time.tv_nsec / 1'000'000'000;
  time.tv_nsec %= 1'000'000'000;
  return time;
}

RADDLE_TEST(PthreadCreate, RunsTheFunctionAndReturnsItsResult) {
  int number = 1;
  const pthread_t thread = start(add_one, &number);
  void* result = nullptr;
  EXPECT_EQ(pthread_join(thread, &result), 0);
  EXPECT_EQ(result, &number);
  EXPECT_EQ(number, 2);
}

RADDLE_TEST(PthreadCreate, TakesAttributes) {
  pthread_attr_t attributes;
  EXPECT_EQ(pthread_attr_init(&attributes), 0);
  EXPECT_EQ(pthread_attr_setstacksize(&attributes, 1 << 20), 0);
  EXPECT_EQ(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED), 0);
  const pthread_t thread = start(step_aside, nullptr, &attributes);
  EXPECT_EQ(pthread_join(thread, nullptr), EINVAL);
  EXPECT_EQ(pthread_attr_destroy(&attributes), 0);
}

void leave_from_deep_inside(void* result) { pthread_exit(result); }
void* exits(void* result) {
  leave_from_deep_inside(result);
  return nullptr;
}

RADDLE_TEST(PthreadExit, EndsTheThreadWithAResult) {
  int token = 0;
  const pthread_t thread = start(exits, &token);
  void* result = nullptr;
  EXPECT_EQ(pthread_join(thread, &result), 0);
  EXPECT_EQ(result, &token);
}

// Unwinds: destructors on the way run, in order.
struct Counts {
  int* count;
  ~Counts() { ++*count; }
};
void* exits_through_destructors(void* count) {
  const Counts counts{static_cast<int*>(count)};
  pthread_exit(nullptr);
}

RADDLE_TEST(PthreadExit, RunsDestructorsOnItsWay) {
  int count = 0;
  EXPECT_EQ(pthread_join(start(exits_through_destructors, &count), nullptr), 0);
  EXPECT_EQ(count, 1);
}

RADDLE_TEST(PthreadExit, OfTheBodyLetsTheOthersFinish) {
  start(step_aside);
  pthread_exit(nullptr);
}

RADDLE_TEST(PthreadDetach, CannotBeJoinedOrDetachedAgain) {
  const pthread_t thread = start(step_aside);
  EXPECT_EQ(pthread_detach(thread), 0);
}

RADDLE_TEST(PthreadJoin, RefusesOneself) {
  EXPECT_EQ(pthread_join(pthread_self(), nullptr), EDEADLK);
}

TEST(PthreadJoin, OfTwoThreadsOnEachOtherDeadlocks) {
  EXPECT_THAT(raddle::explore([] {
                static pthread_t body;
                body = pthread_self();
                const pthread_t thread = start([](void*) -> void* {
                  pthread_join(body, nullptr);
                  return nullptr;
                });
                pthread_join(thread, nullptr);
              }),
              raddle::FindsDeadlock());
}

bool tryjoin_succeeds() {
  const pthread_t thread = start(do_nothing);
  const int error = pthread_tryjoin_np(thread, nullptr);
  EXPECT_TRUE(error == 0 || error == EBUSY);
  if (error != 0) pthread_join(thread, nullptr);
  return error == 0;
}
bool timedjoin_succeeds() {
  const pthread_t thread = start(step_aside);
  const timespec deadline = after_ms(CLOCK_REALTIME, 1);
  const int error = pthread_timedjoin_np(thread, nullptr, &deadline);
  EXPECT_TRUE(error == 0 || error == ETIMEDOUT);
  if (error != 0) pthread_join(thread, nullptr);
  return error == 0;
}
bool clockjoin_succeeds() {
  const pthread_t thread = start(step_aside);
  const timespec deadline = after_ms(CLOCK_MONOTONIC, 1);
  const int error = pthread_clockjoin_np(thread, nullptr, CLOCK_MONOTONIC, &deadline);
  if (error != 0) pthread_join(thread, nullptr);
  return error == 0;
}

TEST(PthreadTryjoin, ComesInTimeOrTooEarly) { expect_both_answers(tryjoin_succeeds); }
TEST(PthreadTimedjoin, IsInTimeOrTooLate) { expect_both_answers(timedjoin_succeeds); }
TEST(PthreadClockjoin, IsInTimeOrTooLate) { expect_both_answers(clockjoin_succeeds); }

RADDLE_TEST(PthreadTimedjoin, GivesUpOnAThreadThatWaits) {
  static pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, nullptr);
  pthread_mutex_lock(&mutex);
  const pthread_t thread = start([](void*) -> void* {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return nullptr;
  });
  const timespec deadline = after_ms(CLOCK_REALTIME, 500);
  EXPECT_EQ(pthread_timedjoin_np(thread, nullptr, &deadline), ETIMEDOUT);
  pthread_mutex_unlock(&mutex);
  EXPECT_EQ(pthread_join(thread, nullptr), 0);
  pthread_mutex_destroy(&mutex);
}

RADDLE_TEST(PthreadSetname, GivesANameOfAtMost15Letters) {
  EXPECT_EQ(pthread_setname_np(pthread_self(), "worker"), 0);
  char name[16] = {};
  EXPECT_EQ(pthread_getname_np(pthread_self(), name, sizeof(name)), 0);
  EXPECT_STREQ(name, "worker");
  EXPECT_EQ(pthread_setname_np(pthread_self(), "much too long a name"), ERANGE);
}

RADDLE_TEST(PthreadSelf, IsEqualOnlyToItself) {
  static pthread_t inside;
  const pthread_t thread = start([](void*) -> void* {
    inside = pthread_self();
    return nullptr;
  });
  pthread_join(thread, nullptr);
  EXPECT_TRUE(pthread_equal(inside, thread));
  EXPECT_FALSE(pthread_equal(inside, pthread_self()));
}

RADDLE_TEST(Gettid, TellsThreadsApart) {
  static pid_t inside;
  const pthread_t thread = start([](void*) -> void* {
    inside = gettid();
    EXPECT_EQ(inside, syscall(SYS_gettid));
    return nullptr;
  });
  pthread_join(thread, nullptr);
  EXPECT_NE(inside, gettid());
}

// What is not supported says so.
raddle::Report unsupported(void (*call)(pthread_t)) {
  return raddle::explore([=] {
    const pthread_t thread = start(step_aside);
    call(thread);
    pthread_join(thread, nullptr);
  });
}

TEST(PthreadCancel, IsNamedAsUnsupported) {
  const auto report = unsupported([](pthread_t thread) { pthread_cancel(thread); });
  EXPECT_THAT(report, raddle::Finds(raddle::FindingKind::UncontrolledBlocking));
  EXPECT_THAT(report.text(), testing::HasSubstr("pthread_cancel"));
}
TEST(PthreadKill, IsNamedAsUnsupported) {
  const auto report = unsupported([](pthread_t thread) { pthread_kill(thread, SIGUSR1); });
  EXPECT_THAT(report, raddle::Finds(raddle::FindingKind::UncontrolledBlocking));
  EXPECT_THAT(report.text(), testing::HasSubstr("pthread_kill"));
}
TEST(Fork, IsNamedAsUnsupported) {
  const auto report = unsupported([](pthread_t) { fork(); });
  EXPECT_THAT(report, raddle::Finds(raddle::FindingKind::UncontrolledBlocking));
  EXPECT_THAT(report.text(), testing::HasSubstr("fork"));
}

}  // namespace
