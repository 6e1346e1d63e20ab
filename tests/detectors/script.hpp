// Traces written by hand: one line an event.
#pragma once

#include "scheduler/events/event.hpp"

#include <cstdint>
#include <vector>

namespace raddle::detectors {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::MemoryOrder;
using scheduler::thread_id;

inline Event on(int thread, EventKind kind, std::uintptr_t address = 0, std::uint64_t value = 0,
                std::uint64_t extra = 0) {
  Event event;
  event.kind = kind;
  event.thread = thread_id(static_cast<std::size_t>(thread));
  event.address = address;
  event.value = value;
  event.extra = extra;
  return event;
}

inline Event access(int thread, EventKind kind, std::uintptr_t address, std::uint32_t size = 4) {
  Event event = on(thread, kind, address);
  event.size = size;
  return event;
}

inline Event atomic(int thread, EventKind kind, std::uintptr_t address, MemoryOrder order) {
  Event event = access(thread, kind, address);
  event.order = order;
  return event;
}

inline Event fence(int thread, MemoryOrder order) {
  return atomic(thread, EventKind::Fence, 0, order);
}

// Shows the events to the detector as one execution, numbered from 0 with
// return addresses from 100. Returns the number of the event that was a problem, or -1.
template <class Detector>
int problem_at(Detector& detector, std::vector<Event> events) {
  detector.begin_execution();
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].step = i;
    events[i].pc = 100 + i;
    detector.on_event(events[i]);
    if (detector.problem() != nullptr) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace raddle::detectors
