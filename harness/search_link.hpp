// What those who explore parts of a search, and the one who keeps its tree, say to each other.
#pragma once

#include "harness/shared_state.hpp"
#include "scheduler/strategies/exhaustive/bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace raddle::harness {

using scheduler::Bytes;
using scheduler::Reader;
using scheduler::Writer;

// From a worker. Counts are of what it has run since it last told.
enum class SearchMessage : std::uint8_t {
  Reversals,  // their number, then of each the node and the sequence
  Settled,    // what the first step of the task does
  State,      // counts, why something was left out, the task
  Split,      // the same, before it what was given away
  Done,       // counts, why something was left out, the first step, whether it gave up
  Grown,      // counts; there are new scheduling points, and it has dropped its task
  Undivided,  // counts, whether it goes on; one worker has to do everything
  Stopped,    // counts; it is not going on
};

// To a worker: which round it is (VisiblePlaces), whether it has to do everything, and a task.
// Beside that, by WorkerState::wanted:
inline constexpr std::uint32_t kWantsSplit = 1;  // some of what it has, for somebody else
inline constexpr std::uint32_t kWantsState = 2;
inline constexpr std::uint32_t kWantsEnd = 4;  // of the round

struct SearchCounts {
  std::uint64_t executions = 0, redundant = 0;
  std::uint64_t decisions_min = kNever, decisions_max = 0, decisions_sum = 0;

  void add(const SearchCounts& more) {
    executions += more.executions;
    redundant += more.redundant;
    decisions_min = std::min(decisions_min, more.decisions_min);
    decisions_max = std::max(decisions_max, more.decisions_max);
    decisions_sum += more.decisions_sum;
  }
  // None of them was what is looked for.
  void become_redundant() { *this = {0, redundant + executions, kNever, 0, 0}; }
};

void put(Writer& out, const SearchCounts& counts);
SearchCounts get_counts(Reader& in);

// The worker's end.
class SearchLink {
 public:
  virtual ~SearchLink() = default;

  // The next task; waits for it. False: there will be none.
  virtual bool receive(Bytes& order) = 0;
  virtual void send(SearchMessage kind, const Bytes& message) = 0;
  // What the other end wants, beside what it writes to WorkerState::wanted. Asked after each
  // execution.
  virtual std::uint32_t wanted() { return 0; }
};

// Between processes.
class SocketLink final : public SearchLink {
 public:
  explicit SocketLink(int socket) : socket_(socket) {}

  bool receive(Bytes& order) override;
  void send(SearchMessage kind, const Bytes& message) override;

 private:
  int socket_;
};

// The other end. False: nobody is there any more.
bool send_order(int socket, const Bytes& order);

// Messages, as they come in pieces.
class SearchInbox {
 public:
  explicit SearchInbox(int socket) : socket_(socket) {}

  // Reads some of what is there. False: nothing is.
  bool read();
  bool is_closed() const { return is_closed_; }
  // The next whole message, until the next call of either. False: there is none.
  bool next(SearchMessage& kind, std::span<const std::uint8_t>& message);

 private:
  int socket_;
  bool is_closed_ = false;
  Bytes bytes_;
  std::size_t begin_ = 0;
};

}  // namespace raddle::harness
