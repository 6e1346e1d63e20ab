#pragma once

#include "scheduler/events/event.hpp"

namespace raddle::scheduler {

// Sees every event of an execution, in order, on the stack of the thread that
// caused it, right after it took effect. Must not allocate, block or throw.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace raddle::scheduler
