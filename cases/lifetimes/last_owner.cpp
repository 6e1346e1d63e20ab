// Two owners of a message; the last one to let go deletes it.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace raddle::cases {
namespace {

struct Message {
  int text = 1;
};

// Both may have counted down before either looks.
void count_then_look(std::atomic<int>& owners, Message* message) {
  owners.fetch_sub(1);
  if (owners.load() == 0) delete message;
}

void count_and_look(std::atomic<int>& owners, Message* message) {
  if (owners.fetch_sub(1) == 1) delete message;
}

template <void (*kRelease)(std::atomic<int>&, Message*)>
void release_twice() {
  std::atomic<int> owners{2};
  auto* const message = new Message;
  std::thread a{[&] { kRelease(owners, message); }};
  std::thread b{[&] { kRelease(owners, message); }};
  a.join();
  b.join();
}

void share() {
  auto message = std::make_shared<Message>();
  std::thread a{[copy = message] { (void)copy; }};
  std::thread b{[copy = std::move(message)] { (void)copy; }};
  a.join();
  b.join();
}

}  // namespace

Case last_owner() {
  return {"last_owner",
          "two owners both believe to be the last",
          {buggy("count_then_look", release_twice<count_then_look>, FindingKind::DoubleFree),
           fixed("one_step", release_twice<count_and_look>), fixed("shared_ptr", share)}};
}

}  // namespace raddle::cases
