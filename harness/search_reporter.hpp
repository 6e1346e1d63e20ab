// Tells, for a worker that explores a task of a search, what it finds.
#pragma once

#include "harness/search_link.hpp"
#include "scheduler/strategies/exhaustive/exhaustive.hpp"

#include <span>

namespace raddle::harness {

class SearchReporter {
 public:
  SearchReporter(scheduler::Exhaustive& search, SearchLink& link, WorkerState& state)
      : search_(search), link_(link), state_(state) {}

  // `is_undivided`: nothing of it will be given to others.
  void begin_task(std::span<const std::uint8_t> task, bool is_undivided);
  // An execution is over.
  void count(bool is_redundant, std::uint64_t decisions);
  // To be called after each, and after Exhaustive::next, which returned `has_next`. False: the task
  // is over.
  bool tell(bool has_next);
  // The task is given up, at its next execution.
  void tell_state();
  // It is given up altogether.
  void tell_end_of_round() { tell_counts(SearchMessage::Grown); }
  void tell_stop() { tell_counts(SearchMessage::Stopped); }

 private:
  void keep_reversals();
  void flush_reversals();
  void put_counts(Writer& out);
  void tell_counts(SearchMessage kind);
  bool tell_undivided();
  void answer(std::uint32_t wanted);

  scheduler::Exhaustive& search_;
  SearchLink& link_;
  WorkerState& state_;
  SearchCounts counts_;
  bool is_undivided_ = false;
  Bytes reversals_;  // not yet told
  std::uint32_t reversal_count_ = 0;
};

}  // namespace raddle::harness
