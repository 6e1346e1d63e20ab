// A schedule and its text form, the token that replays it.
#pragma once

#include "scheduler/events/event.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace raddle::scheduler {

// A decision that differs from what the default policy would have decided.
// The last three members decide nothing. They are there to notice, in a replay,
// that the program is not deterministic or has changed.
struct Deviation {
  std::uint64_t step = 0;     // events that `thread` had had before the decision
  ThreadId thread{};          // who ran last; who chooses, if `is_value`
  std::uint16_t choice = 0;   // ThreadId, or the value if `is_value`
  bool is_value = false;      // a ValueChoice
  EventKind kind{};           // what the chosen thread had announced
  std::uint16_t object = 0;   // ordinal of the object concerned; 0: none
  std::uint16_t options = 0;  // how many there were to choose from

  bool operator==(const Deviation&) const = default;
};

// One execution: the default policy but for the deviations, which stand in the
// order in which they were taken.
struct Schedule {
  std::uint64_t steps = 0;       // events when the execution stopped
  std::uint32_t event_hash = 0;  // of all events, in order
  std::vector<Deviation> deviations;

  bool operator==(const Schedule&) const = default;
};

// How the execution was watched, which a replay must do in the same way.
struct TokenFlags {
  std::uint8_t on_race = 0;   // raddle::OnRace, below 4
  bool all_accesses = false;  // every plain access was a scheduling point
  std::uint8_t finding = 0;   // raddle::FindingKind, below 32

  bool operator==(const TokenFlags&) const = default;
};

struct DecodedToken {
  Schedule schedule;
  std::uint32_t fingerprint = 0;
  TokenFlags flags;
};

// A text that is no token, or not one of ours. what() is a sentence for the user.
class TokenError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// 24 bits that stand for a test, so that a token is not replayed on another.
std::uint32_t fingerprint(std::string_view test_name);

// "r1-" and characters of base64url (RFC 4648, section 5): safe in URLs, file
// names and shells. About 17 characters, and 4 for each deviation. Equal
// arguments give equal text. Only the low 24 bits of `fingerprint` count.
std::string encode(const Schedule& schedule, std::uint32_t fingerprint, const TokenFlags& flags);

// The inverse. Throws TokenError for a text that is empty, truncated, damaged,
// of another version or no token at all. Any change of a single character is noticed.
DecodedToken decode(std::string_view token);

}  // namespace raddle::scheduler
