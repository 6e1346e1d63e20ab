// A meter that a thread goes on reading when its owner is done with it.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <memory>
#include <mutex>
#include <thread>

namespace raddle::cases {
namespace {

class Meter {
 public:
  int read() { return ++readings_; }

 private:
  int readings_ = 0;
};

// The lock orders the two, and so this is no data race; nothing says that the
// reader comes first.
void let_it_run() {
  std::mutex mutex;
  auto meter = std::make_unique<Meter>();
  std::thread reader{[&mutex, meter = meter.get()] {
    const std::lock_guard lock{mutex};
    meter->read();
  }};
  {
    const std::lock_guard lock{mutex};
    meter.reset();
  }
  reader.join();
}

void join_first() {
  std::mutex mutex;
  auto meter = std::make_unique<Meter>();
  std::thread reader{[&mutex, meter = meter.get()] {
    const std::lock_guard lock{mutex};
    meter->read();
  }};
  reader.join();
  meter.reset();
}

void share() {
  std::mutex mutex;
  auto meter = std::make_shared<Meter>();
  std::thread reader{[&mutex, meter] {
    const std::lock_guard lock{mutex};
    meter->read();
  }};
  meter.reset();
  reader.join();
}

void look_whether_it_is_there() {
  std::mutex mutex;
  auto meter = std::make_shared<Meter>();
  std::thread reader{[&mutex, weak = std::weak_ptr{meter}] {
    const std::lock_guard lock{mutex};
    if (const auto alive = weak.lock()) alive->read();
  }};
  meter.reset();
  reader.join();
}

}  // namespace

Case outlives_object() {
  return {
      "outlives_object",
      "a thread outlives the object that it uses",
      {buggy("raw_pointer", let_it_run, FindingKind::UseAfterFree), fixed("join_first", join_first),
       fixed("shared_ptr", share), fixed("weak_ptr", look_whether_it_is_there)}};
}

}  // namespace raddle::cases
