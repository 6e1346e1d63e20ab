// What a thread under test knows by itself: its registers and its stack.
#pragma once

#include <cstdint>
#include <optional>

namespace raddle::scheduler {

// Two that are equal are taken to be of equal states: of n states two different ones have the same
// digest with a probability of n^2 / 2^129.
struct Digest {
  std::uint64_t low = 0, high = 0;

  friend bool operator==(const Digest&, const Digest&) = default;
};

class Host;

// Of the calling thread, as it is when the function that it called returns to `pc`: that place, the
// registers that calls preserve (System V ABI for x86-64, 3.2.1) and the stack from there to
// `stack_end`, with blocks of the heap by their names. Nothing if no call returns there. Takes
// microseconds.
std::optional<Digest> digest_of_local_state(std::uintptr_t pc, std::uintptr_t stack_end,
                                            Host& host);

// The thread that ran last, of which a strategy wants to know more.
class LocalState {
 public:
  virtual ~LocalState() = default;
  // To be called where that thread has just announced an operation.
  virtual std::optional<Digest> digest() = 0;
  // Is it to be noted whether the thread writes plain memory, other than its own stack?
  virtual void watch_writes(bool is_on) = 0;
  // Has it, since this was last asked?
  virtual bool has_written() = 0;
  // Of an address that an operation was announced with, the name by which events have it.
  virtual std::uintptr_t name(std::uintptr_t address) = 0;
};

}  // namespace raddle::scheduler
