// A subject that calls its observer under its lock; the observer calls back.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace raddle::cases {
namespace {

template <class Mutex>
class Subject {
 public:
  void observe(std::function<void()> observer) { observer_ = std::move(observer); }
  void set_and_tell_inside(int value) {
    const std::lock_guard lock{mutex_};
    value_ = value;
    observer_();
  }
  void set_and_tell_outside(int value) {
    {
      const std::lock_guard lock{mutex_};
      value_ = value;
    }
    observer_();
  }
  int value() {
    const std::lock_guard lock{mutex_};
    return value_;
  }

 private:
  Mutex mutex_;
  int value_ = 0;
  std::function<void()> observer_;
};

template <class Mutex, void (Subject<Mutex>::*kSet)(int)>
void change() {
  Subject<Mutex> subject;
  int seen = 0;
  subject.observe([&] { seen = subject.value(); });
  std::thread writer{[&] { (subject.*kSet)(5); }};
  writer.join();
  check(seen == 5, "the observer saw something else");
}

}  // namespace

Case relock() {
  using Plain = Subject<std::mutex>;
  using Recursive = Subject<std::recursive_mutex>;
  return {
      "relock",
      "a callback takes the lock under which it is called",
      {buggy("inside_the_lock", change<std::mutex, &Plain::set_and_tell_inside>,
             FindingKind::MutexMisuse),
       fixed("outside_the_lock", change<std::mutex, &Plain::set_and_tell_outside>),
       fixed("recursive_mutex", change<std::recursive_mutex, &Recursive::set_and_tell_inside>)}};
}

}  // namespace raddle::cases
