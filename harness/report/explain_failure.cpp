// What the program or the harness noticed by itself: failed checks,
// exceptions, crashes, exits, limits.
#include "harness/report/explanation.hpp"
#include "harness/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace raddle::report {
namespace {

using scheduler::ThreadId;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What GoogleTest says of two values in several lines, in one: "hits.load() is 1, not 2".
std::string in_one_line(const std::string& message) {
  std::vector<std::string> lines;
  std::istringstream in(message);
  for (std::string line; std::getline(in, line);) {
    const std::size_t from = line.find_first_not_of(' ');
    if (from != std::string::npos) lines.push_back(line.substr(from));
  }
  if (lines.empty() || !lines[0].ends_with(":")) {
    if (lines.size() < 2 || !lines[1].starts_with("Actual:")) return first_line(message);
    return lines[0] + ", " + lines[1];  // "Value of: is_open, Actual: false"
  }
  const std::string which = "Which is: ";
  std::vector<std::string> values;
  for (std::size_t i = 1; i < lines.size() && (values.size() < 2 || lines[i].starts_with(which));
       ++i) {
    if (lines[i].starts_with(which) && !values.empty()) {
      values.back() += " is " + lines[i].substr(which.size());
    } else {
      values.push_back(lines[i]);
    }
  }
  if (values.size() < 2) return first_line(message);
  return values[0] + (values[1].find(" is ") == std::string::npos ? ", not " : ", but ") +
         values[1];
}

class FailureExplanation final : public Explanation {
 public:
  explicit FailureExplanation(Story& story) : story_(story), thread_(story.raw.thread) {
    // No thread notices that there were too many steps: it is the one that did the last.
    if (story.raw.kind == FindingKind::StepLimit && !story.trace.events.empty()) {
      thread_ = story.trace.events.back().event.thread;
    }
  }

  Interest interest() override {
    Interest interest;
    for (std::size_t i = 0; i < story_.trace.threads.size(); ++i) {
      interest.threads.insert(scheduler::thread_id(i));
    }
    interest.shared_data = true;
    const auto shared = shared_memory(story_.trace, story_.stacks);
    // With one small object its value can have a column of its own.
    if (shared.size() == 1 && shared.front().size <= 8) {
      object_ = shared.front();
      for (std::size_t i = 0; i < story_.trace.events.size(); ++i) {
        if (story_.trace.events[i].event.address != object_->address) continue;
        if (!is_access(story_.trace.events[i].event.kind)) continue;
        story_.memory.note(object_->address, object_->size, i);
        break;
      }
    }
    return interest;
  }

  void tell(Finding& finding, std::vector<Step>& last) override {
    if (object_) {
      const MemoryName& name = story_.memory.name(object_->address, object_->size);
      finding.object = {name.name, name.type, object_->size};
    }
    const Frame where = place();
    finding.summary = sentence() + at_place(where);
    if (std::string more = rest(); !more.empty()) finding.notes.push_back(std::move(more));
    if (!is_known(thread_)) return;
    const std::vector<Frame> stack = this->stack();
    if (!stack.empty() && stack.front().function != "??") {
      const bool has_thrown = story_.raw.kind == FindingKind::Exception;
      finding.sites.push_back(
          {story_.thread_name(thread_) + (has_thrown ? " threw it here" : " was here"),
           number(thread_), stack});
    }
    story_.add_creation_sites(finding, {thread_});
    last.push_back(last_step(thread_, row(), where));
  }

 private:
  bool is_known(ThreadId thread) const { return index(thread) < story_.trace.threads.size(); }

  Frame place() {
    const Frame where = is_known(thread_) ? first_of_program(stack()) : Frame{};
    if (story_.raw.file.empty()) return where;
    return {where.function, story_.raw.file, story_.raw.line};
  }

  // What the summary does not say of the message.
  std::string rest() const {
    const std::string& message = story_.raw.message;
    const std::size_t end = message.find('\n');
    if (end == std::string::npos) return "";
    std::string more =
        story_.raw.kind == FindingKind::Assertion ? message : message.substr(end + 1);
    return more.erase(more.find_last_not_of('\n') + 1);
  }

  // As recorded, or, where code that is not recorded was at work, as the stack said when
  // the signal came.
  std::vector<Frame> stack() {
    if (story_.raw.kind == FindingKind::Exception) {
      const scheduler::TraceThread& entry = story_.trace.threads[index(thread_)];
      return story_.stacks.for_people(entry.thrown_pc, entry.thrown_stack);
    }
    std::vector<Frame> recorded = story_.last_stack(thread_, story_.raw.pc);
    std::vector<Frame> walked = story_.stacks.for_people(story_.raw.backtrace);
    const auto own = [](const std::vector<Frame>& frames) {
      return std::count_if(frames.begin(), frames.end(), is_program);
    };
    return own(walked) > own(recorded) ? walked : recorded;
  }

  std::string thread() const {
    return is_known(thread_) ? story_.thread_name(thread_) : "a thread";
  }

  std::string sentence() const {
    const std::string message = first_line(story_.raw.message);
    switch (story_.raw.kind) {
      case FindingKind::Assertion:
        return fmt::format("failed check in {}: {}", thread(), in_one_line(story_.raw.message));
      case FindingKind::Exception: return fmt::format("exception left {}: {}", thread(), message);
      case FindingKind::Crash: return fmt::format("crash in {}: {}", thread(), message);
      case FindingKind::ExitStatus:
        return fmt::format("{} ended the process: {}", thread(), message);
      case FindingKind::Nondeterminism: return fmt::format("not deterministic: {}", message);
      case FindingKind::UncontrolledBlocking: return fmt::format("{} {}", thread(), message);
      case FindingKind::StepLimit: return fmt::format("no end in sight: {}", message);
      default: return fmt::format("{} in {}: {}", name(story_.raw.kind), thread(), message);
    }
  }

  std::string row() const {
    switch (story_.raw.kind) {
      case FindingKind::Assertion: return "check fails";
      case FindingKind::Exception: return "exception leaves the thread";
      case FindingKind::Crash: return "crash: " + first_line(story_.raw.message);
      case FindingKind::ExitStatus: return "exit";
      case FindingKind::UncontrolledBlocking: return "blocks";
      default: return "stopped here";
    }
  }

  Story& story_;
  ThreadId thread_;
  std::optional<Interest::Range> object_;
};

}  // namespace

std::unique_ptr<Explanation> explain_failure(Story& story) {
  return std::make_unique<FailureExplanation>(story);
}

}  // namespace raddle::report
