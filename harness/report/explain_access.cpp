// Data races, use after free, double free: two accesses that should not both be.
#include "harness/report/explanation.hpp"
#include "harness/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raddle::report {
namespace {

using detectors::AccessKind;
using detectors::Problem;
using detectors::ProblemKind;
using scheduler::Event;
using scheduler::EventKind;
using scheduler::ThreadId;

bool is_of(AccessKind access, EventKind kind) {
  switch (access) {
    case AccessKind::Read: return kind == EventKind::Read;
    case AccessKind::Write: return kind == EventKind::Write;
    case AccessKind::AtomicRead:
      return kind == EventKind::AtomicLoad || kind == EventKind::AtomicCompareFailed ||
             kind == EventKind::AtomicWeakFailed;
    case AccessKind::AtomicWrite:
      return kind == EventKind::AtomicStore || kind == EventKind::AtomicRmw;
    case AccessKind::Free: return kind == EventKind::Free;
  }
  return false;
}

class AccessExplanation final : public Explanation {
 public:
  AccessExplanation(Story& story, const Problem& problem) : story_(story), problem_(problem) {
    is_race_ = problem.kind == ProblemKind::DataRace;
    second_ = story.event_at(problem.thread, problem.step, problem.pc);
    const AccessKind other = is_race_ ? problem.other_access : AccessKind::Free;
    const std::size_t before = second_ == Story::kNone ? story.trace.events.size() : second_;
    first_ = story.last_event(before, problem.other, [&](const Event& event) {
      return is_of(other, event.kind) && overlaps(event);
    });
    for (std::size_t i = 0; i < before; ++i) {
      const Event& event = story.trace.events[i].event;
      if (event.kind == EventKind::Allocate && overlaps(event)) allocated_ = i;
    }
  }

  Interest interest() override {
    Interest interest;
    interest.objects.push_back({problem_.address, size(), true});
    for (std::size_t key : {first_, second_}) {
      if (key != Story::kNone) interest.keys.push_back(key);
    }
    interest.threads = {problem_.thread, problem_.other};
    interest.from_first_key = true;
    const std::size_t at = second_ != Story::kNone ? second_ : first_;
    if (at != Story::kNone) story_.memory.note(problem_.address, named_size(), at);
    for (const auto& [thread, event] : accesses()) {
      if (event == Story::kNone) continue;
      for (const Story::Held& held : story_.held(thread, event)) {
        story_.memory.note(held.mutex, 0, held.taken_at);
      }
    }
    return interest;
  }

  void tell(Finding& finding, std::vector<Step>& last) override {
    const MemoryName& name = story_.memory.name(problem_.address, named_size());
    finding.object = {name.name, name.type, problem_.size};
    finding.summary = summary(name);
    add_sites(finding);
    if (!name.place.empty()) {
      const std::string type = name.type.empty() ? "" : name.type + ", ";
      finding.notes.push_back(fmt::format("`{}`: {}{}.", name.full_name, type, name.place));
    }
    if (is_race_) finding.notes.push_back(locks_sentence());
    if (second_ == Story::kNone) {
      last.push_back(last_step(problem_.thread, std::string(past(problem_.access)) + " it",
                               place_of_second()));
    }
  }

 private:
  std::uint64_t size() const { return std::max<std::uint64_t>(problem_.size, 1); }

  // What a second free is about is the block, not its first member.
  std::uint64_t named_size() const {
    return problem_.kind == ProblemKind::DoubleFree ? Memory::kWholeBlock : problem_.size;
  }

  bool overlaps(const Event& event) const {
    const bool is_block = event.kind == EventKind::Free || event.kind == EventKind::Allocate;
    const std::uint64_t event_size =
        std::max<std::uint64_t>(is_block ? event.extra : event.size, 1);
    return event.address < problem_.address + size() &&
           problem_.address < event.address + event_size;
  }

  std::vector<std::pair<ThreadId, std::size_t>> accesses() const {
    return {{problem_.other, first_}, {problem_.thread, second_}};
  }

  std::vector<Frame> stack_of_second() {
    return second_ != Story::kNone ? story_.stack(second_)
                                   : story_.last_stack(problem_.thread, problem_.pc);
  }

  Frame place_of_second() {
    return second_ != Story::kNone ? story_.where(second_) : first_of_program(stack_of_second());
  }

  std::string summary(const MemoryName& name) {
    const std::string first = short_place(story_.where(first_));
    const std::string second = short_place(place_of_second());
    if (is_race_) {
      std::string places = first == second ? "both at " + first : first + " and " + second;
      if (first.empty() || second.empty()) places = first + second;
      return fmt::format("data race on `{}` ({}){}", name.name, counted(problem_.size, "byte"),
                         places.empty() ? "" : ", " + places);
    }
    if (problem_.kind == ProblemKind::DoubleFree) {
      return fmt::format("double free of `{}`: {} frees it{}, {} had freed it{}", name.name,
                         story_.thread_name(problem_.thread), at_place(place_of_second()),
                         story_.thread_name(problem_.other), at_place(story_.where(first_)));
    }
    return fmt::format("use after free: {} {} `{}`{}, freed by {}{}",
                       story_.thread_name(problem_.thread), past(problem_.access), name.name,
                       at_place(place_of_second()), story_.thread_name(problem_.other),
                       at_place(story_.where(first_)));
  }

  std::string did(AccessKind access) const {
    if (access == AccessKind::Free) return "freed it";
    return fmt::format("{} {}", past(access), counted(problem_.size, "byte"));
  }

  void add_sites(Finding& finding) {
    const bool is_double = problem_.kind == ProblemKind::DoubleFree;
    finding.sites.push_back({fmt::format("{} {} here", story_.thread_name(problem_.thread),
                                         is_double ? "freed it again" : did(problem_.access)),
                             number(problem_.thread), stack_of_second()});
    finding.sites.push_back({fmt::format("{} had {} here", story_.thread_name(problem_.other),
                                         is_race_ ? did_before(problem_.other_access) : "freed it"),
                             number(problem_.other), story_.stack(first_)});
    if (!is_race_ && allocated_ != Story::kNone) {
      const ThreadId thread = story_.trace.events[allocated_].event.thread;
      finding.sites.push_back({fmt::format("{} had allocated it here", story_.thread_name(thread)),
                               number(thread), story_.stack(allocated_)});
    }
    story_.add_creation_sites(finding, {problem_.thread, problem_.other});
  }

  // "had written", not "had wrote".
  std::string did_before(AccessKind access) const {
    std::string text = did(access);
    const std::size_t at = text.find("wrote");
    if (at != std::string::npos) text.replace(at, 5, "written");
    return text;
  }

  // What a reader asks first: which mutex was held.
  std::string locks_sentence() {
    std::string sentence = "Nothing orders the two accesses:";
    std::string separator = " ";
    for (const auto& [thread, event] : accesses()) {
      const auto held =
          story_.held(thread, event == Story::kNone ? story_.trace.events.size() : event);
      std::string names;
      for (const Story::Held& h : held) {
        names += (names.empty() ? "" : ", ") + story_.quoted(h.mutex);
      }
      sentence += fmt::format("{}{} held {}", separator, story_.thread_name(thread),
                              names.empty() ? "no mutex" : names);
      separator = ", ";
    }
    return sentence + ".";
  }

  Story& story_;
  const Problem& problem_;
  bool is_race_{};
  std::size_t first_ = Story::kNone, second_ = Story::kNone, allocated_ = Story::kNone;
};

}  // namespace

std::unique_ptr<Explanation> explain_access(Story& story, const Problem& problem) {
  return std::make_unique<AccessExplanation>(story, problem);
}

}  // namespace raddle::report
