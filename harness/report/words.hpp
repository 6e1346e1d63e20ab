// The words of a report for what threads do.
#pragma once

#include "detectors/problem.hpp"
#include "scheduler/events/event.hpp"

#include <string>
#include <string_view>

namespace raddle::report {

// The word for the kind of object that an event works on: "mutex",
// "condition", "memory", ...
std::string_view object_word(scheduler::EventKind kind);

// What a table cell says of an event: "read  balance_ -> 100", "lock mutex_",
// "notify_one ready: nobody waits". `object` is the object's name, `value` and
// `extra` the event's values as text (empty if they mean nothing), `thread` the
// thread concerned, if any.
struct ActionWords {
  std::string object;
  std::string value;
  std::string extra;
  std::string thread;
};
std::string action(const scheduler::Event& event, const ActionWords& words);

// What a thread that cannot go on waits for: "lock", "be notified by", "join", ...
std::string waiting(scheduler::EventKind waiting_for, const std::string& object,
                    const std::string& thread);

// "read", "wrote", "freed", ...: an access in the past tense.
std::string_view past(detectors::AccessKind access);

// Whether the event reads or writes memory of the program, plainly or atomically.
bool is_access(scheduler::EventKind kind);
bool is_plain_access(scheduler::EventKind kind);
bool is_atomic_access(scheduler::EventKind kind);

// Whether the event writes memory (a failed compare-exchange does not).
bool is_write(scheduler::EventKind kind);

// Whether the event orders threads, or tries to: locks, conditions, atomics, joins, ...
bool is_synchronisation(scheduler::EventKind kind);

// "1 thread", "3 threads".
std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace raddle::report
