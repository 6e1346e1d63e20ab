// What the program or the harness noticed by itself: failed checks,
// exceptions, crashes, exits, limits.
#include "harness/report/explanation.hpp"
#include "harness/report/words.hpp"

#include <fmt/format.h>

namespace raddle::report {
namespace {

using scheduler::ThreadId;

std::string first_line(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  return line;
}

class FailureExplanation final : public Explanation {
 public:
  explicit FailureExplanation(Story& story) : story_(story) {}

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
    const std::string& message = story_.raw.message;
    if (message.find('\n') != std::string::npos) finding.notes.push_back(message);
    if (!is_known(story_.raw.thread)) return;
    const std::vector<Frame> stack = story_.last_stack(story_.raw.thread, story_.raw.pc);
    if (!stack.empty()) {
      finding.sites.push_back(
          {story_.thread_name(story_.raw.thread) + " was here", number(story_.raw.thread), stack});
    }
    story_.add_creation_sites(finding, {story_.raw.thread});
    last.push_back(last_step(story_.raw.thread, row(), where));
  }

 private:
  bool is_known(ThreadId thread) const { return index(thread) < story_.trace.threads.size(); }

  Frame place() {
    const Frame where = is_known(story_.raw.thread)
                            ? first_of_program(story_.last_stack(story_.raw.thread, story_.raw.pc))
                            : Frame{};
    if (story_.raw.file.empty()) return where;
    return {where.function, story_.raw.file, story_.raw.line};
  }

  std::string thread() const {
    return is_known(story_.raw.thread) ? story_.thread_name(story_.raw.thread) : "a thread";
  }

  std::string sentence() const {
    const std::string message = first_line(story_.raw.message);
    switch (story_.raw.kind) {
      case FindingKind::Assertion:
        return fmt::format("failed check in {}: {}", thread(), message);
      case FindingKind::Exception:
        return fmt::format("exception left {}: {}", thread(), message);
      case FindingKind::Crash:
        return fmt::format("crash in {}: {}", thread(), message);
      case FindingKind::ExitStatus:
        return fmt::format("{} ended the process: {}", thread(), message);
      case FindingKind::Nondeterminism:
        return fmt::format("not deterministic: {}", message);
      case FindingKind::UncontrolledBlocking:
        return fmt::format("{} blocks outside raddle's control: {}", thread(), message);
      case FindingKind::StepLimit:
        return fmt::format("no end in sight: {}", message);
      default:
        return fmt::format("{} in {}: {}", name(story_.raw.kind), thread(), message);
    }
  }

  std::string row() const {
    switch (story_.raw.kind) {
      case FindingKind::Assertion:
        return "check fails";
      case FindingKind::Exception:
        return "exception leaves the thread";
      case FindingKind::Crash:
        return "crash: " + first_line(story_.raw.message);
      case FindingKind::ExitStatus:
        return "exit";
      case FindingKind::UncontrolledBlocking:
        return "blocks";
      default:
        return "stopped here";
    }
  }

  Story& story_;
  std::optional<Interest::Range> object_;
};

}  // namespace

std::unique_ptr<Explanation> explain_failure(Story& story) {
  return std::make_unique<FailureExplanation>(story);
}

}  // namespace raddle::report
