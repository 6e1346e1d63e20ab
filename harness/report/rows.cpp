#include "harness/report/rows.hpp"

#include "harness/report/shorter_rows.hpp"
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
    if (!range.is_memory && is_plain_access(event.kind)) return false;
    return overlaps(event, range) ||
           (((event.kind >= EventKind::CondWait && event.kind <= EventKind::CondTimeout) ||
             event.kind == EventKind::CondSpurious) &&
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
    default: return true;
  }
}

// What a library does within itself (reference counts, the state of a future)
// is no part of the story, unless the library's object is what it is about.
bool is_bookkeeping(const scheduler::TraceEvent& entry, Stacks& stacks) {
  const EventKind kind = entry.event.kind;
  const bool is_once = kind >= EventKind::OnceBegin && kind <= EventKind::OncePass;
  const bool is_lock = kind >= EventKind::MutexInit && kind <= EventKind::WriteUnlock;
  return (is_access(kind) || is_once || is_lock) &&
         stacks.is_library_work(entry.event.pc, entry.stack);
}

bool is_worth_a_row(const scheduler::TraceEvent& entry, const Interest& interest, Stacks& stacks,
                    bool is_before_keys) {
  const Event& event = entry.event;
  if (event.kind == EventKind::Allocate) return false;
  if (touches_objects(event, interest)) {
    return !interest.shared_data || !is_bookkeeping(entry, stacks);
  }
  if (!is_synchronisation(event.kind) || !interest.threads.contains(event.thread)) return false;
  if (interest.from_first_key && is_before_keys) return false;
  return is_between_participants(event, interest) && stacks.is_of_program(event.pc, entry.stack) &&
         !is_bookkeeping(entry, stacks);
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
    if (!is_access(event.kind) || stacks.is_library_work(event.pc, trace.events[i].stack)) continue;
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
    if (is_shared) shared.push_back({address, users.size, true});
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
    if (!is_key && !is_worth_a_row(trace.events[i], all, stacks, i < first_key)) continue;
    // What others did to the object before the story begins is not part of it.
    if (rows.empty() && !is_key && !interest.threads.contains(event.thread)) continue;
    rows.push_back({Row::Kind::Event, i, 0, is_key, {}});
  }
  return shorter(trace, std::move(rows), rows_max);
}

}  // namespace raddle::report
