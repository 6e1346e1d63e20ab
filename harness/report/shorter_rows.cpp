#include "harness/report/shorter_rows.hpp"

#include <algorithm>

namespace raddle::report {
namespace {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::ThreadId;
using scheduler::Trace;

std::vector<Row> with_threads_together(const Trace& trace, std::vector<Row> rows) {
  std::vector<Row> out;
  for (Row& row : rows) {
    const Event& event = trace.events[row.event].event;
    const bool is_about_threads =
        event.kind == EventKind::ThreadCreate || event.kind == EventKind::ThreadJoin;
    if (is_about_threads && !row.is_key && !out.empty() && !out.back().is_key) {
      const Event& before = trace.events[out.back().event].event;
      if (before.kind == event.kind && before.thread == event.thread) {
        out.back().more.push_back(row.event);
        continue;
      }
    }
    out.push_back(std::move(row));
  }
  return out;
}

bool same_step(const Event& a, const Event& b) {
  return a.thread == b.thread && a.kind == b.kind && a.address == b.address && a.value == b.value &&
         a.extra == b.extra && a.pc == b.pc;
}

// Spin loops: a sequence of up to four steps that comes three times or more is
// shown once.
std::vector<Row> without_repetition(const Trace& trace, const std::vector<Row>& rows) {
  std::vector<Row> out;
  const auto same = [&](std::size_t a, std::size_t b) {
    return !rows[b].is_key &&
           same_step(trace.events[rows[a].event].event, trace.events[rows[b].event].event);
  };
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t repeated = 0, period = 0;
    for (std::size_t p = 1; p <= 4 && repeated == 0; ++p) {
      std::size_t end = i + p;
      while (end < rows.size() && same(end - p, end)) ++end;
      const std::size_t whole = (end - i) / p;
      if (whole >= 3) {
        repeated = (whole - 1) * p;
        period = p;
      }
    }
    if (repeated == 0) {
      out.push_back(rows[i++]);
      continue;
    }
    out.insert(out.end(), rows.begin() + static_cast<std::ptrdiff_t>(i),
               rows.begin() + static_cast<std::ptrdiff_t>(i + period));
    out.push_back({Row::Kind::Repeated, rows[i + period].event, repeated / period, false, {}});
    i += period + repeated;
  }
  return out;
}

// Which rows stay when there is no room for all.
class Choice {
 public:
  Choice(const Trace& trace, const std::vector<Row>& rows, std::size_t rows_max)
      : trace_(trace), rows_(rows), kept_(rows.size()), left_(rows_max) {}

  std::vector<bool> run() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].is_key) keep(i);
    }
    for (std::size_t distance = 1; distance <= 2; ++distance) {
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (!rows_[i].is_key) continue;
        keep(i - distance);
        keep(i + distance);
      }
    }
    keep(0);
    keep(rows_.size() - 1);
    // The last changes of thread are nearest to what went wrong.
    for (std::size_t i = rows_.size(); i-- > 1;) {
      if (thread(i) == thread(i - 1)) continue;
      keep(i);
      keep(i - 1);
    }
    keep(1);
    return kept_;
  }

 private:
  void keep(std::size_t i) {
    if (i >= rows_.size() || kept_[i] || left_ == 0) return;
    kept_[i] = true;
    --left_;
  }

  ThreadId thread(std::size_t row) const { return trace_.events[rows_[row].event].event.thread; }

  const Trace& trace_;
  const std::vector<Row>& rows_;
  std::vector<bool> kept_;
  std::size_t left_;
};

std::vector<Row> within_limit(const Trace& trace, std::vector<Row> rows, std::size_t rows_max) {
  if (rows.size() <= rows_max) return rows;
  const std::size_t for_gaps = rows_max / 5;
  const std::vector<bool> kept = Choice(trace, rows, rows_max - for_gaps).run();
  std::vector<Row> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept[i]) {
      out.push_back(std::move(rows[i]));
    } else if (!out.empty() && out.back().kind == Row::Kind::Skipped) {
      ++out.back().count;
    } else {
      out.push_back({Row::Kind::Skipped, rows[i].event, 1, false, {}});
    }
  }
  return out;
}

}  // namespace

std::vector<Row> shorter(const Trace& trace, std::vector<Row> rows, std::size_t rows_max) {
  rows = with_threads_together(trace, std::move(rows));
  return within_limit(trace, without_repetition(trace, rows), rows_max);
}

}  // namespace raddle::report
