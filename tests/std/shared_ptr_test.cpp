// std::shared_ptr and std::atomic<std::shared_ptr>: reference counts keep alive, and order.
#include <raddle/gtest.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace {

#ifdef __cpp_lib_atomic_shared_ptr
void replace_and_read() {
  std::atomic<std::shared_ptr<int>> current{std::make_shared<int>(1)};
  std::thread replacer{[&] { current.store(std::make_shared<int>(2)); }};
  const std::shared_ptr<int> seen = current.load();
  EXPECT_TRUE(*seen == 1 || *seen == 2);
  replacer.join();
  EXPECT_EQ(*current.load(), 2);
}

#if _GLIBCXX_RELEASE < 13
// Up to GCC 12, load() gives up the lock inside with a relaxed operation: nothing orders
// its read of the pointer before the next write. By the standard a race, and
// libstdc++'s; the values are right all the same.
TEST(AtomicSharedPtr, RacesInsideThisLibrary) {
  EXPECT_THAT(raddle::explore(replace_and_read), raddle::FindsRace());
}
RADDLE_TEST_WITH(AtomicSharedPtr, KeepsAliveWhatIsRead, .on_race = raddle::OnRace::Ignore) {
  replace_and_read();
}
#else
RADDLE_TEST(AtomicSharedPtr, KeepsAliveWhatIsRead) { replace_and_read(); }
#endif
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
