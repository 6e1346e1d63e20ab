#include "harness/report/rows.hpp"

#include "harness/report/words.hpp"

#include <algorithm>
#include <map>

namespace raddle::report {
namespace {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::ThreadId;
using scheduler::Trace;

bool overlaps(const Event& event, const Interest::Range& range) {
  const std::uint64_t size = std::max<std::uint64_t>(range.size, 1);
  const std::uint64_t event_size =
      std::max<std::uint64_t>(event.kind == EventKind::Free ? event.extra : event.size, 1);
  return event.address < range.address + size && range.address < event.address + event_size;
}

bool touches_objects(const Event& event, const Interest& interest) {
  if (event.address == 0) return false;
  return std::any_of(interest.objects.begin(), interest.objects.end(), [&](const auto& range) {
    return overlaps(event, range) ||
           (event.kind >= EventKind::CondWait && event.kind <= EventKind::CondTimeout &&
            event.extra == range.address);
  });
}

// Creating and joining matter when both threads take part.
bool is_between_participants(const Event& event, const Interest& interest) {
  switch (event.kind) {
    case EventKind::ThreadCreate:
    case EventKind::ThreadJoin:
    case EventKind::ThreadDetach:
      return interest.threads.contains(scheduler::thread_id(event.value));
    default:
      return true;
  }
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
    out.push_back({Row::Kind::Repeated, rows[i + period].event, repeated / period, false});
    i += period + repeated;
  }
  return out;
}

// Keeps the keys with what surrounds them, then the end, then the beginning.
std::vector<Row> within_limit(const std::vector<Row>& rows, std::size_t rows_max) {
  if (rows.size() <= rows_max) return rows;
  std::vector<bool> kept(rows.size());
  std::size_t left = rows_max - rows_max / 8;  // the rest is for the gaps
  const auto keep = [&](std::size_t i) {
    if (i >= rows.size() || kept[i] || left == 0) return;
    kept[i] = true;
    --left;
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].is_key) keep(i);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].is_key) continue;
    for (std::size_t near = i < 2 ? 0 : i - 2; near <= i + 1; ++near) keep(near);
  }
  for (std::size_t i = 0; i < 4; ++i) keep(i);
  for (std::size_t i = rows.size(); i-- > 0;) keep(i);
  std::vector<Row> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept[i]) {
      out.push_back(rows[i]);
    } else if (!out.empty() && out.back().kind == Row::Kind::Skipped) {
      ++out.back().count;
    } else {
      out.push_back({Row::Kind::Skipped, rows[i].event, 1, false});
    }
  }
  return out;
}

}  // namespace

std::vector<Interest::Range> shared_memory(const Trace& trace, Stacks& stacks) {
  std::vector<std::size_t> created(trace.threads.size(), 0);
  struct Users {
    std::uint64_t size{};
    std::map<ThreadId, std::size_t> last_write;
    std::set<ThreadId> threads;
  };
  std::map<std::uintptr_t, Users> memory;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i].event;
    if (event.kind == EventKind::ThreadCreate && event.value < created.size()) {
      created[event.value] = i;
    }
    if (!is_access(event.kind) || !stacks.is_of_program(event.pc, trace.events[i].stack)) continue;
    Users& users = memory[event.address];
    users.size = std::max<std::uint64_t>(users.size, event.size);
    users.threads.insert(event.thread);
    if (is_write(event.kind)) users.last_write[event.thread] = i;
  }
  std::vector<Interest::Range> shared;
  for (const auto& [address, users] : memory) {
    bool is_shared = false;
    for (const auto& [writer, when] : users.last_write) {
      for (ThreadId other : users.threads) {
        is_shared = is_shared || (other != writer && created[index(other)] <= when);
      }
    }
    if (is_shared) shared.push_back({address, users.size});
  }
  return shared;
}

std::vector<Row> select_rows(const Trace& trace, const Interest& interest, Stacks& stacks,
                             std::size_t rows_max) {
  const std::set<std::size_t> keys(interest.keys.begin(), interest.keys.end());
  Interest all = interest;
  if (interest.shared_data) {
    const auto shared = shared_memory(trace, stacks);
    all.objects.insert(all.objects.end(), shared.begin(), shared.end());
  }
  std::sort(all.objects.begin(), all.objects.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  const std::size_t first_key = keys.empty() ? 0 : *keys.begin();
  std::vector<Row> rows;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i].event;
    const bool is_key = keys.contains(i);
    bool is_relevant = is_key;
    if (!is_relevant && event.kind != EventKind::Allocate) {
      is_relevant = touches_objects(event, all);
    }
    if (!is_relevant && is_synchronisation(event.kind) && interest.threads.contains(event.thread)) {
      const bool is_in_time = !interest.from_first_key || i >= first_key;
      is_relevant = is_in_time && is_between_participants(event, interest) &&
                    stacks.is_of_program(event.pc, trace.events[i].stack);
    }
    if (!is_relevant) continue;
    // What others did to the object before the story begins is not part of it.
    if (rows.empty() && !is_key && !interest.threads.contains(event.thread)) continue;
    rows.push_back({Row::Kind::Event, i, 0, is_key});
  }
  return within_limit(without_repetition(trace, rows), rows_max);
}

}  // namespace raddle::report
