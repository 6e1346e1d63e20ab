#include "harness/report/describe.hpp"

#include "harness/report/explanation.hpp"
#include "harness/report/rows.hpp"
#include "harness/report/short_name.hpp"
#include "harness/report/story.hpp"
#include "harness/report/words.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace raddle::report {
namespace {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::ThreadId;

constexpr std::size_t kRowsMax = 24;

std::unique_ptr<Explanation> explanation_of(Story& story) {
  const RawFinding& raw = story.raw;
  if (raw.stuck) return explain_stuck(story, *raw.stuck);
  if (raw.problem) {
    return raw.problem->kind == detectors::ProblemKind::MutexMisuse
               ? explain_misuse(story, *raw.problem)
               : explain_access(story, *raw.problem);
  }
  return explain_failure(story);
}

// What a thread runs, for the heading of its column: its outermost function,
// or, if that is only a lambda, the one function that the lambda calls.
std::string function_of(Story& story, ThreadId thread) {
  std::string outermost;
  std::set<std::string> called;
  std::set<std::pair<std::uintptr_t, std::uint32_t>> seen;
  for (const scheduler::TraceEvent& entry : story.trace.events) {
    if (entry.event.thread != thread) continue;
    if (!seen.insert({entry.event.pc, entry.stack}).second) continue;
    std::vector<std::string> names = story.stacks.outermost(entry.event.pc, entry.stack, 2);
    for (std::string& name : names) name = last_part(name);
    if (!names.empty() && outermost.empty()) outermost = names[0];
    if (names.size() > 1) called.insert(names[1]);
  }
  if (outermost != "lambda") return outermost;
  return called.size() == 1 && *called.begin() != "lambda" ? *called.begin() : "";
}

std::vector<ThreadInfo> threads_of(Story& story) {
  std::vector<ThreadInfo> threads;
  for (std::size_t i = 0; i < story.trace.threads.size(); ++i) {
    const scheduler::TraceThread& entry = story.trace.threads[i];
    ThreadInfo info;
    info.id = static_cast<int>(i);
    info.name = story.thread_name(scheduler::thread_id(i));
    if (i > 0) info.function = function_of(story, scheduler::thread_id(i));
    if (entry.created_pc != 0) {
      info.created = story.stacks.for_people(entry.created_pc, entry.created_at);
    }
    threads.push_back(std::move(info));
  }
  return threads;
}

// The size under which an event's object is noted and named.
std::uint64_t size_of(const Event& event) {
  if (event.kind == EventKind::Free) return Memory::kWholeBlock;
  return is_access(event.kind) ? event.size : 0;
}

class Steps {
 public:
  Steps(Story& story, const std::vector<Row>& rows, const Finding& finding)
      : story_(story), finding_(finding) {
    for (const Row& row : rows) add(row);
  }

  void add(Step last) {
    last.number = ++number_;
    last.value = value_;
    steps.push_back(std::move(last));
  }

  std::vector<Step> steps;

 private:
  void add(const Row& row) {
    if (row.kind != Row::Kind::Event) {
      Step step;
      step.thread = number(story_.trace.events[row.event].event.thread);
      step.skipped = row.count;
      step.action = row.kind == Row::Kind::Repeated
                        ? fmt::format("... and the same again, {}", counted(row.count, "time"))
                        : fmt::format("... {}", counted(row.count, "more step"));
      steps.push_back(std::move(step));
      number_ += row.kind == Row::Kind::Skipped ? row.count : 0;
      return;
    }
    const scheduler::TraceEvent& entry = story_.trace.events[row.event];
    const Event& event = entry.event;
    const MemoryName& name = story_.memory.name(event.address, size_of(event));
    ActionWords words;
    words.object = event.address == 0 ? "" : name.cell;
    const bool has_value = is_access(event.kind) && event.size > 0 && event.size <= 8;
    if (has_value) words.value = story_.memory.value(event.value, event.size, name);
    if (has_value && is_atomic_access(event.kind)) {
      words.extra = story_.memory.value(event.extra, event.size, name);
    }
    const bool is_futex = event.kind == EventKind::FutexWait ||
                          event.kind == EventKind::FutexMismatch ||
                          event.kind == EventKind::FutexSpurious;
    if (is_futex && name.scalar) words.value = story_.memory.value(event.value, 4, name);
    words.thread = thread_names(row);
    if (has_value && name.name == finding_.object.name && event.size == finding_.object.size) {
      value_ = words.value;
    }
    Step step;
    step.number = ++number_;
    step.thread = number(event.thread);
    step.action = action(event, words);
    step.object = event.address == 0 ? "" : name.name;
    step.value = value_;
    step.where = story_.stacks.where(event.pc, entry.stack);
    step.is_key = row.is_key;
    steps.push_back(std::move(step));
  }

  // The threads that the events of a row concern: "T1", "T1, T2", "T1 to T8".
  std::string thread_names(const Row& row) {
    const auto concerned = [&](std::size_t event) {
      return scheduler::thread_id(story_.trace.events[event].event.value & 0xffff);
    };
    const std::string first = story_.thread_name(concerned(row.event));
    if (row.more.empty()) return first;
    const std::string last = story_.thread_name(concerned(row.more.back()));
    const bool is_range =
        index(concerned(row.more.back())) == index(concerned(row.event)) + row.more.size();
    if (row.more.size() > 1 && is_range) return first + " to " + last;
    std::string names = first;
    for (std::size_t event : row.more) names += ", " + story_.thread_name(concerned(event));
    return names;
  }

  Story& story_;
  const Finding& finding_;
  std::uint64_t number_ = 0;
  std::string value_;
};

}  // namespace

Step last_step(ThreadId thread, std::string action, Frame where) {
  Step step;
  step.thread = number(thread);
  step.action = std::move(action);
  step.where = std::move(where);
  step.is_key = true;
  return step;
}

Finding describe(const RawFinding& raw, const scheduler::Trace& trace) {
  Story story(raw, trace);
  const std::unique_ptr<Explanation> explanation = explanation_of(story);
  const Interest interest = explanation->interest();
  const std::vector<Row> rows = select_rows(trace, interest, story.stacks, kRowsMax);
  for (const Row& row : rows) {
    if (row.kind != Row::Kind::Event) continue;
    const Event& event = trace.events[row.event].event;
    if (event.address != 0) story.memory.note(event.address, size_of(event), row.event);
  }
  Finding finding;
  finding.kind = raw.kind;
  finding.threads = threads_of(story);
  std::vector<Step> last;
  explanation->tell(finding, last);
  Steps steps(story, rows, finding);
  for (Step& step : last) steps.add(std::move(step));
  finding.steps = std::move(steps.steps);
  if (trace.truncated) {
    finding.notes.push_back("The execution was too long to be recorded whole; its end is missing.");
  }
  return finding;
}

}  // namespace raddle::report
