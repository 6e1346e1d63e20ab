#pragma once

#include <atomic>
#include <cstdint>
#include <pthread.h>
#include <sys/types.h>

namespace raddle::harness {

class Runtime;

// Notices that an execution has stopped moving: a thread under test is in a
// system call that raddle does not control, or in a loop without events. Ends that execution
// with a failure that names the thread, the call and the place. Runs on
// a real thread beside the exploration.
class Watchdog {
 public:
  // To be made on the thread that explores.
  Watchdog(Runtime& watched, double limit_s);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  static void* watch(void* self);
  void watch();

  Runtime& runtime_;
  double limit_s_;
  pid_t explorer_;
  pthread_t thread_{};
  std::atomic<std::uint32_t> is_over_{0};  // also the futex that the thread sleeps on
};

}  // namespace raddle::harness
