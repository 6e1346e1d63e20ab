#include "harness/search_reporter.hpp"

#include "scheduler/strategies/exhaustive/tree_codec.hpp"

#include <algorithm>

namespace raddle::harness {
namespace {

// Few enough that others need not wait long for what is in them.
constexpr std::uint32_t kReversalsAtOnce = 16;

}  // namespace

void SearchReporter::begin_task(std::span<const std::uint8_t> task, bool is_undivided) {
  is_undivided_ = is_undivided;
  search_.begin_task(Reader(task));
}

void SearchReporter::count(bool is_redundant, std::uint64_t decisions) {
  if (is_redundant) {
    ++counts_.redundant;
    return;
  }
  ++counts_.executions;
  counts_.decisions_min = std::min(counts_.decisions_min, decisions);
  counts_.decisions_max = std::max(counts_.decisions_max, decisions);
  counts_.decisions_sum += decisions;
}

bool SearchReporter::tell(bool has_next) {
  if (!is_undivided_ && !search_.is_divisible() && !tell_undivided()) return false;
  if (search_.has_settled()) {
    Bytes message;
    Writer out(message);
    put(out, search_.first_step());
    link_.send(SearchMessage::Settled, message);
  }
  keep_reversals();
  const std::uint32_t wanted = state_.wanted.load(std::memory_order_relaxed) | link_.wanted();
  if (!has_next) {
    flush_reversals();
    Bytes message;
    Writer out(message);
    put_counts(out);
    put(out, search_.first_step());
    out.put(search_.gave_up());
    link_.send(SearchMessage::Done, message);
    return false;
  }
  if (reversal_count_ >= kReversalsAtOnce) flush_reversals();
  if (wanted != 0) [[unlikely]] {
    if ((wanted & kWantsEnd) != 0) {
      tell_end_of_round();
      return false;
    }
    answer(wanted);
  }
  return true;
}

// If nothing has been given away, this worker is the one that does everything.
bool SearchReporter::tell_undivided() {
  is_undivided_ = search_.is_whole();
  Bytes message;
  Writer out(message);
  put_counts(out);
  out.put(is_undivided_);
  link_.send(SearchMessage::Undivided, message);
  return is_undivided_;
}

void SearchReporter::keep_reversals() {
  Writer out(reversals_);
  for (const scheduler::Exhaustive::Reversal& reversal : search_.reversals()) {
    out.put(reversal.node);
    put(out, reversal.sequence);
    ++reversal_count_;
  }
  search_.reversals().clear();
}

void SearchReporter::flush_reversals() {
  if (reversal_count_ == 0) return;
  Bytes message;
  Writer(message).put(reversal_count_);
  message.insert(message.end(), reversals_.begin(), reversals_.end());
  link_.send(SearchMessage::Reversals, message);
  reversals_.clear();
  reversal_count_ = 0;
}

void SearchReporter::put_counts(Writer& out) {
  put(out, counts_);
  out.put_text(search_.left_out());
  counts_ = {};
}

void SearchReporter::tell_counts(SearchMessage kind) {
  Bytes message;
  Writer out(message);
  put_counts(out);
  link_.send(kind, message);
}

void SearchReporter::tell_state() {
  flush_reversals();
  Bytes message, task;
  Writer out(message), to(task);
  put_counts(out);
  search_.put_task(to);
  out.put_bytes(task);
  link_.send(SearchMessage::State, message);
}

void SearchReporter::answer(std::uint32_t wanted) {
  flush_reversals();
  Bytes given;
  Writer to(given);
  if ((wanted & kWantsSplit) != 0 && !is_undivided_ && search_.split(to)) {
    state_.wanted.fetch_and(~(kWantsSplit | kWantsState));
    Bytes message, task;
    Writer out(message), rest(task);
    put_counts(out);
    out.put_bytes(given);
    search_.put_task(rest);
    out.put_bytes(task);
    link_.send(SearchMessage::Split, message);
  } else if ((wanted & kWantsState) != 0) {
    state_.wanted.fetch_and(~kWantsState);
    tell_state();
  }
}

}  // namespace raddle::harness
