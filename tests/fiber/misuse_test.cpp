// Fibers that end badly, and stacks that are used twice.
#include "tests/fiber/exploration.hpp"

#include <boost/fiber/all.hpp>

#include <csignal>
#include <stdexcept>
#include <thread>

extern "C" void* __tsan_create_fiber(unsigned);

namespace raddle::tests {
namespace {

using boost::fibers::fiber;
namespace this_fiber = boost::this_fiber;

Report explore_apart(const std::function<void()>& body) {
  Options options;
  options.test = "fibers";
  options.executions = 50;
  options.jobs = 2;
  return explore(body, options);
}

TEST(FiberMisuse, AnExceptionThatLeavesAFiberIsACrash) {
  EXPECT_THAT(explore_apart([] {
                fiber thrower{[] { throw std::runtime_error{"out"}; }};
                thrower.join();
              }),
              FindsCrash());
}

TEST(FiberMisuse, ASignalInAFiberIsACrash) {
  EXPECT_THAT(explore_apart([] {
                fiber crasher{[] { std::raise(SIGSEGV); }};
                crasher.join();
              }),
              FindsCrash());
}

TEST(FiberMisuse, AFiberDestroyedBeforeItIsJoinedIsACrash) {
  EXPECT_THAT(explore_apart([] { fiber{[] {}}; }), FindsCrash());
}

TEST(FiberMisuse, JoiningEachOtherIsADeadlock) {
  const Report report = explore_fibers([] {
    boost::fibers::barrier never{2};
    fiber a, b;
    a = fiber{[&] { b.join(); }};
    b = fiber{[&] { a.join(); }};
    never.wait();
  });
  ASSERT_THAT(report, FindsDeadlock());
  EXPECT_THAT(report.findings[0].summary, testing::HasSubstr("F1 and F2 wait for each other"));
}

TEST(FiberMisuse, AFailedExpectationInAFiberIsFound) {
  EXPECT_THAT(explore_fibers([] {
                fiber a{[] { EXPECT_EQ(1, 2); }};
                a.join();
              }),
              FindsAssertion());
}

TEST(FiberMisuse, AThreadThatWaitsForAThreadRunsNoneOfItsFibers) {
  const Report report = explore_fibers([] {
    boost::fibers::unbuffered_channel<int> channel;
    fiber sender{[&] { channel.push(1); }};
    std::thread receiver{[&] { channel.value_pop(); }};
    receiver.join();  // stops the sender, too
    sender.join();
  });
  ASSERT_THAT(report, FindsDeadlock());
  EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("waits for its turn on the thread"));
}

template <typename Stack>
void use_stacks_again(Stack stack) {
  const auto work = [] {
    int own = 0;
    int* volatile address = &own;
    ++*address;
    this_fiber::yield();
    ++*address;
  };
  for (int i = 0; i < 3; ++i) {
    fiber a{std::allocator_arg, stack, work};
    fiber b{std::allocator_arg, stack, work};
    a.detach();
    b.join();
  }
}

TEST(FiberStack, OfOneFiberMayBeThatOfAnotherLater) {
  expect_clean([] { use_stacks_again(boost::fibers::fixedsize_stack{}); });
  expect_clean([] { use_stacks_again(boost::fibers::protected_fixedsize_stack{}); });
  expect_clean([] { use_stacks_again(boost::fibers::pooled_fixedsize_stack{}); });
}

// Two libraries that think of the thread as theirs.
TEST(FiberMisuse, HandMadeFibersOnTheSameThreadAreNamedAsUnsupported) {
  const auto boost_first = explore_fibers([] {
    fiber{[] {}}.join();
    __tsan_create_fiber(0);
  });
  const auto boost_last = explore_fibers([] {
    __tsan_create_fiber(0);
    fiber{[] {}}.join();
  });
  for (const Report& report : {boost_first, boost_last}) {
    ASSERT_THAT(report, Finds(FindingKind::UncontrolledBlocking));
    EXPECT_THAT(report.findings[0].text(), testing::HasSubstr("Boost.Fiber"));
  }
}

}  // namespace
}  // namespace raddle::tests
