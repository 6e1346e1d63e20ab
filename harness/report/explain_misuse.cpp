// A mutex, condition, semaphore or barrier used against its rules.
#include "harness/report/explanation.hpp"
#include "harness/report/words.hpp"

#include <fmt/format.h>

namespace raddle::report {
namespace {

using detectors::Misuse;
using detectors::Problem;
using scheduler::Event;
using scheduler::EventKind;

class MisuseExplanation final : public Explanation {
 public:
  MisuseExplanation(Story& story, const Problem& problem) : story_(story), problem_(problem) {
    event_ = story.event_at(problem.thread, problem.step, problem.pc);
    const std::size_t end = event_ == Story::kNone ? story.trace.events.size() : event_;
    for (const Story::Held& held : story.held(problem.other, end)) {
      if (held.mutex == problem.address) taken_ = held.taken_at;
    }
    for (std::size_t i = 0; i < end; ++i) {
      const Event& event = story.trace.events[i].event;
      if (event.address == problem.address) last_ = i;
    }
  }

  Interest interest() override {
    Interest interest;
    interest.objects.push_back({problem_.address, 1, false});
    interest.threads.insert(problem_.thread);
    if (problem_.other != scheduler::kNoThread) interest.threads.insert(problem_.other);
    for (std::size_t key : {taken_, event_}) {
      if (key != Story::kNone) interest.keys.push_back(key);
    }
    // Named after an event that works on it: the last one may be a free of the block around it.
    const std::size_t at = last_ != Story::kNone ? last_ : event_;
    if (at != Story::kNone) story_.memory.note(problem_.address, 0, at);
    return interest;
  }

  void tell(Finding& finding, std::vector<Step>& last) override {
    const MemoryName& name = story_.memory.name(problem_.address, 0);
    finding.object = {name.name, name.type, 0};
    finding.summary = sentence() + at_place(place());
    finding.sites.push_back({thread() + " does it here", number(problem_.thread), stack()});
    if (taken_ != Story::kNone) {
      finding.sites.push_back(
          {other() + " had taken it here", number(problem_.other), story_.stack(taken_)});
    } else if (problem_.misuse == Misuse::DestroyWaitedOn) {
      finding.sites.push_back({other() + " waits on it here", number(problem_.other),
                               story_.last_stack(problem_.other)});
    }
    story_.add_creation_sites(finding, {problem_.thread});
    if (!name.place.empty())
      finding.notes.push_back(fmt::format("`{}`: {}.", name.full_name, name.place));
    if (event_ == Story::kNone) last.push_back(last_step(problem_.thread, verb(), place()));
  }

 private:
  std::string thread() const { return story_.thread_name(problem_.thread); }
  std::string other() const {
    return problem_.other == scheduler::kNoThread ? "nobody" : story_.thread_name(problem_.other);
  }

  std::vector<Frame> stack() {
    return event_ != Story::kNone ? story_.stack(event_)
                                  : story_.last_stack(problem_.thread, problem_.pc);
  }
  Frame place() { return first_of_program(stack()); }

  std::string verb() const {
    switch (problem_.misuse) {
      case Misuse::DoubleLock: return "lock it again";
      case Misuse::DestroyHeld:
      case Misuse::DestroyWaitedOn: return "destroy it";
      case Misuse::WaitMutexNotHeld: return "wait without the mutex";
      default: return "unlock it";
    }
  }

  std::string sentence() {
    const std::string object = story_.quoted(problem_.address);
    switch (problem_.misuse) {
      case Misuse::DoubleLock:
        return fmt::format("mutex locked twice: {} locks {}, which it already holds", thread(),
                           object);
      case Misuse::UnlockNotHeld:
        return fmt::format("mutex not held: {} unlocks {}, which nobody holds", thread(), object);
      case Misuse::UnlockByAnother:
        return fmt::format("mutex of another thread: {} unlocks {}, which {} holds", thread(),
                           object, other());
      case Misuse::DestroyHeld:
        return fmt::format("mutex destroyed while held: {} destroys {}, which {} holds", thread(),
                           object, other());
      case Misuse::DestroyWaitedOn:
        return fmt::format("destroyed while waited on: {} destroys {}, on which {} waits", thread(),
                           object, other());
      case Misuse::WaitMutexNotHeld:
        return fmt::format(
            "condition wait without the mutex: {} waits with {}, which it does not hold", thread(),
            object);
      case Misuse::None: break;
    }
    return fmt::format("misuse of {} by {}", object, thread());
  }

  Story& story_;
  const Problem& problem_;
  std::size_t event_ = Story::kNone, taken_ = Story::kNone, last_ = Story::kNone;
};

}  // namespace

std::unique_ptr<Explanation> explain_misuse(Story& story, const Problem& problem) {
  return std::make_unique<MisuseExplanation>(story, problem);
}

}  // namespace raddle::report
