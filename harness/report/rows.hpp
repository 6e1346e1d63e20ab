// Which of the thousands of events of an execution a reader must see.
#pragma once

#include "harness/report/stacks.hpp"
#include "scheduler/events/trace.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace raddle::report {

// What a finding is about.
struct Interest {
  struct Range {
    std::uintptr_t address;
    std::uint64_t size;
    bool is_memory = true;  // false: a mutex or its like, whose bytes are nobody's business
  };
  std::vector<Range> objects;             // all operations on these are shown
  std::vector<std::size_t> keys;          // events that make the finding, as indices
  std::set<scheduler::ThreadId> threads;  // whose synchronisation is shown
  bool shared_data = false;               // also plain memory that several threads use
  bool from_first_key = false;            // synchronisation before the first key is left out
};

// A row of the table: an event, or so many of them left out.
struct Row {
  enum class Kind { Event, Skipped, Repeated };
  Kind kind{};
  std::size_t event{};    // its index; for the others that of the first one left out
  std::uint64_t count{};  // how many were left out
  bool is_key{};
  // Events told in the same row: "create T1, T2", "join T1, T2".
  std::vector<std::size_t> more;
};

// At most about `rows_max` rows, in order; see shorter() for what is left out.
std::vector<Row> select_rows(const scheduler::Trace& trace, const Interest& interest,
                             Stacks& stacks, std::size_t rows_max);

// The plain and atomic memory that a thread writes while another, which also
// uses it, exists: what an interleaving can be about. Sorted by address.
std::vector<Interest::Range> shared_memory(const scheduler::Trace& trace, Stacks& stacks);

}  // namespace raddle::report
