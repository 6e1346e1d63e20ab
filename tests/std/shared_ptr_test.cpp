// std::shared_ptr and std::atomic<std::shared_ptr>: reference counts keep alive, and order.
#include "tests/std/outcomes.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace {

#ifdef __cpp_lib_atomic_shared_ptr
RADDLE_TEST(AtomicSharedPtr, KeepsAliveWhatIsRead) {
  std::atomic<std::shared_ptr<int>> current{std::make_shared<int>(1)};
  std::thread replacer{[&] { current.store(std::make_shared<int>(2)); }};
  const std::shared_ptr<int> seen = current.load();
  EXPECT_TRUE(*seen == 1 || *seen == 2);
  replacer.join();
  EXPECT_EQ(*current.load(), 2);
}

bool reads_the_new_one() {
  std::atomic<std::shared_ptr<int>> current{std::make_shared<int>(1)};
  std::thread replacer{[&] { current.store(std::make_shared<int>(2)); }};
  const bool is_new = *current.load() == 2;
  replacer.join();
  return is_new;
}
TEST(AtomicSharedPtr, IsReadBeforeOrAfter) {
  raddle::tests::expect_both_answers(reads_the_new_one);
}
#endif

TEST(SharedPtr, ReplacedWhileItIsReadIsARace) {
  EXPECT_FALSE(raddle::explore([] {
                 auto current = std::make_shared<int>(1);
                 std::thread replacer{[&] { current = std::make_shared<int>(2); }};
                 const std::shared_ptr<int> seen = current;
                 EXPECT_GE(*seen, 1);
                 replacer.join();
               }).clean());
}

RADDLE_TEST(SharedPtr, IsReleasedByTheLastOwner) {
  auto value = std::make_shared<int>(1);
  auto use = [](std::shared_ptr<int> mine) { EXPECT_EQ(*mine, 1); };
  std::thread a{use, value}, b{use, value};
  value.reset();
  a.join();
  b.join();
}

}  // namespace
