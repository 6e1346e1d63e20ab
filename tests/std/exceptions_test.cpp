// Exceptions: thrown, caught and in flight while threads are switched, and handed from one to
// another.
#include <raddle/gtest.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

// Switches threads wherever it is called.
void step_aside() { std::this_thread::yield(); }

// A destructor that runs while an exception is in flight, and lets others run meanwhile.
struct StepsAside {
  ~StepsAside() {
    EXPECT_EQ(std::uncaught_exceptions(), 1);
    step_aside();
    EXPECT_EQ(std::uncaught_exceptions(), 1);
  }
};

void throw_and_catch(const std::string& message) {
  try {
    const StepsAside unwinding;
    throw std::runtime_error(message);
  } catch (const std::exception& caught) {
    step_aside();
    EXPECT_EQ(caught.what(), message);
    EXPECT_TRUE(std::current_exception() != nullptr);
  }
  EXPECT_TRUE(std::current_exception() == nullptr);
  EXPECT_EQ(std::uncaught_exceptions(), 0);
}

RADDLE_TEST(Exceptions, AreInFlightInTwoThreadsAtOnce) {
  std::thread a{throw_and_catch, "from a"}, b{throw_and_catch, "from b"};
  throw_and_catch("from the body");
  a.join();
  b.join();
}

RADDLE_TEST(Exceptions, ThrownAgainInsideAHandlerStayApart) {
  auto nest = [](const std::string& outer, const std::string& inner) {
    try {
      throw std::runtime_error(outer);
    } catch (const std::exception& first) {
      step_aside();
      try {
        step_aside();
        throw std::logic_error(inner);
      } catch (const std::logic_error& second) {
        step_aside();
        EXPECT_EQ(second.what(), inner);
      }
      EXPECT_EQ(first.what(), outer);
      try {
        throw;
      } catch (const std::runtime_error& again) {
        EXPECT_EQ(again.what(), outer);
      }
    }
  };
  std::thread a{nest, "1", "2"}, b{nest, "3", "4"};
  a.join();
  b.join();
}

RADDLE_TEST(ExceptionPtr, TravelsToAnotherThread) {
  std::exception_ptr thrown;
  std::thread thrower{[&] {
    try {
      throw std::runtime_error("from the thread");
    } catch (...) {
      thrown = std::current_exception();
    }
  }};
  thrower.join();
  try {
    std::rethrow_exception(thrown);
  } catch (const std::runtime_error& caught) {
    EXPECT_STREQ(caught.what(), "from the thread");
  }
}

RADDLE_TEST(ExceptionPtr, IsSharedByThreads) {
  auto failure = std::make_exception_ptr(std::runtime_error("shared"));
  auto look = [](std::exception_ptr mine) {
    try {
      std::rethrow_exception(mine);
    } catch (const std::runtime_error& caught) {
      EXPECT_STREQ(caught.what(), "shared");
    }
  };
  std::thread a{look, failure}, b{look, failure};
  failure = nullptr;
  a.join();
  b.join();
}

TEST(ExceptionPtr, HandedOverWithoutOrderIsARace) {
  EXPECT_THAT(raddle::explore([] {
                const auto thrown = std::make_unique<std::exception_ptr>();
                std::thread thrower{
                    [&] { *thrown = std::make_exception_ptr(std::runtime_error("early")); }};
                if (*thrown != nullptr) step_aside();
                thrower.join();
              }),
              raddle::FindsRace());
}

RADDLE_TEST(Exceptions, ReleaseALockOnTheirWay) {
  std::mutex mutex;
  int failures = 0;
  auto fail = [&] {
    try {
      const std::lock_guard lock{mutex};
      ++failures;
      throw std::runtime_error("under the lock");
    } catch (const std::runtime_error&) {
    }
  };
  std::thread a{fail}, b{fail};
  a.join();
  b.join();
  EXPECT_EQ(failures, 2);
}

TEST(Exceptions, ThatLeaveTheBodyAreAFinding) {
  EXPECT_THAT(raddle::explore([] { throw std::runtime_error("out of the body"); }),
              raddle::FindsException());
}

void throw_from_a_call() { throw std::runtime_error("out of a noexcept function"); }

TEST(Exceptions, ThatLeaveANoexceptFunctionEndTheProgram) {
  EXPECT_THAT(raddle::explore([] {
                std::thread thread{[]() noexcept { throw_from_a_call(); }};
                thread.join();
              }),
              raddle::FindsCrash());
}

}  // namespace
