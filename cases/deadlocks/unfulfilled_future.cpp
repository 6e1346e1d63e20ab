// A download whose result is awaited, and an error path on which nobody delivers it.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

namespace raddle::cases {
namespace {

bool connect() { return false; }

// The result, or -1 if there is none.
int wait_for(std::future<int> result) {
  try {
    return result.get();
  } catch (const std::exception&) {
    return -1;
  }
}

void forget() {
  std::promise<int> promise;
  std::thread worker{[&] {
    if (!connect()) return;
    promise.set_value(200);
  }};
  const int status = wait_for(promise.get_future());
  worker.join();
  check(status == -1, "there was no connection");
}

void pass_the_error_on() {
  std::promise<int> promise;
  std::thread worker{[&] {
    if (!connect()) {
      promise.set_exception(std::make_exception_ptr(std::runtime_error{"no connection"}));
      return;
    }
    promise.set_value(200);
  }};
  const int status = wait_for(promise.get_future());
  worker.join();
  check(status == -1, "there was no connection");
}

// A promise that dies unfulfilled says so to its future.
void own_the_promise() {
  std::promise<int> promise;
  std::future<int> result = promise.get_future();
  std::thread worker{[](std::promise<int> mine) {
                       if (!connect()) return;
                       mine.set_value(200);
                     },
                     std::move(promise)};
  const int status = wait_for(std::move(result));
  worker.join();
  check(status == -1, "there was no connection");
}

}  // namespace

Case unfulfilled_future() {
  return {"unfulfilled_future",
          "a future that nobody fulfils",
          {buggy("forgotten", forget, FindingKind::Deadlock),
           fixed("set_exception", pass_the_error_on), fixed("broken_promise", own_the_promise)}};
}

}  // namespace raddle::cases
