// Deadlocks, lost wakeups, a mutex locked twice: nothing could go on.
#include "harness/report/explanation.hpp"
#include "harness/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raddle::report {
namespace {

using detectors::ProblemKind;
using detectors::Stuck;
using detectors::WaitEdge;
using scheduler::Blocked;
using scheduler::Event;
using scheduler::EventKind;
using scheduler::ThreadId;

class StuckExplanation final : public Explanation {
 public:
  StuckExplanation(Story& story, const Stuck& stuck) : story_(story), stuck_(stuck) {}

  Interest interest() override {
    Interest interest;
    for (const WaitEdge& edge : stuck_.cycle) {
      add_object(interest, edge.object);
      interest.threads.insert(edge.thread);
      if (edge.taken_at != WaitEdge::kNotInTrace) interest.keys.push_back(edge.taken_at);
    }
    if (stuck_.cycle.empty()) {
      for (const Blocked& blocked : story_.trace.blocked) {
        interest.threads.insert(blocked.thread);
        add_object(interest, blocked.object);
      }
      interest.shared_data = true;
    }
    if (stuck_.early_notify != WaitEdge::kNotInTrace) {
      interest.keys.push_back(stuck_.early_notify);
      interest.threads.insert(story_.trace.events[stuck_.early_notify].event.thread);
    }
    if (const std::size_t slept = sleep_event(); slept != Story::kNone) {
      interest.keys.push_back(slept);
    }
    for (const Blocked& blocked : story_.trace.blocked) {
      note(blocked.object);
      note(blocked.mutex);
    }
    return interest;
  }

  void tell(Finding& finding, std::vector<Step>& last) override {
    for (const Blocked& blocked : story_.trace.blocked) add_wait(finding, last, blocked);
    if (stuck_.kind == ProblemKind::LostWakeup) return tell_lost_wakeup(finding);
    if (stuck_.kind == ProblemKind::MutexMisuse) return tell_double_lock(finding);
    if (stuck_.cycle.empty()) return tell_abandoned(finding);
    tell_cycle(finding);
  }

 private:
  void add_object(Interest& interest, std::uintptr_t address) {
    if (address != 0) interest.objects.push_back({address, 1, false});
  }

  // An object is noted with the last event that worked on it: whose words and
  // whose stack name it best.
  void note(std::uintptr_t address) {
    if (address == 0) return;
    const auto& events = story_.trace.events;
    for (std::size_t i = events.size(); i-- > 0;) {
      if (events[i].event.address != address) continue;
      return story_.memory.note(address, 0, i);
    }
    if (!events.empty()) story_.memory.note(address, 0, events.size() - 1);
  }

  std::size_t sleep_event() const {
    const Blocked* blocked = story_.blocked(stuck_.sleeper);
    if (blocked == nullptr) return Story::kNone;
    return story_.last_event(story_.trace.events.size(), stuck_.sleeper, [&](const Event& event) {
      return (event.kind == EventKind::CondWait || event.kind == EventKind::FutexWait ||
              event.kind == EventKind::Suspend) &&
             event.address == blocked->object;
    });
  }

  std::string name(ThreadId thread) const { return story_.thread_name(thread); }

  std::vector<Frame> stack(const Blocked& blocked) {
    return story_.stacks.for_people(blocked.pc, blocked.stack);
  }

  Frame place(ThreadId thread) {
    const Blocked* blocked = story_.blocked(thread);
    return blocked == nullptr ? Frame{} : story_.stacks.where(blocked->pc, blocked->stack);
  }

  std::string waits(const Blocked& blocked) {
    return waits(blocked, blocked.object == 0 ? "" : story_.quoted(blocked.object));
  }

  std::string waits(const Blocked& blocked, const std::string& object) {
    const std::string target = blocked.target == scheduler::kNoThread ? "" : name(blocked.target);
    return waiting(blocked.waiting_for, object, target);
  }

  bool is_in_cycle(ThreadId thread) const {
    return std::any_of(stuck_.cycle.begin(), stuck_.cycle.end(),
                       [&](const WaitEdge& edge) { return edge.thread == thread; });
  }

  void add_wait(Finding& finding, std::vector<Step>& last, const Blocked& blocked) {
    const bool is_cause = is_in_cycle(blocked.thread) || blocked.thread == stuck_.sleeper;
    const bool is_only_joining = blocked.waiting_for == EventKind::ThreadJoin && !is_cause;
    if (!is_only_joining) {
      const bool sleeps = blocked.waiting_for == EventKind::CondWake ||
                          blocked.waiting_for == EventKind::FutexWoken;
      const std::string action =
          sleeps ? "waits for ever"  // the row before it says for what
                 : waits(blocked,
                         blocked.object == 0 ? "" : story_.memory.name(blocked.object, 0).cell);
      last.push_back(last_step(blocked.thread, action, place(blocked.thread)));
      last.back().is_key = is_cause || stuck_.cycle.empty();
    }
    if (is_only_joining && blocked.thread == ThreadId{0}) {
      finding.notes.push_back(name(blocked.thread) + " " + waits(blocked) + ".");
    }
  }

  void tell_cycle(Finding& finding) {
    std::vector<ThreadId> threads;
    std::string objects, places, separator;
    for (const WaitEdge& edge : stuck_.cycle) {
      threads.push_back(edge.thread);
      if (edge.object != 0) {
        objects += (objects.empty() ? "" : ", ") + story_.quoted(edge.object);
      }
      const std::string place_text = short_place(place(edge.thread));
      if (!place_text.empty() && places.find(place_text) == std::string::npos) {
        places += separator + place_text;
        separator = " and ";
      }
    }
    finding.summary =
        fmt::format("deadlock: {} wait for each other{}{}{}", story_.thread_names(threads),
                    threads.size() > 2 ? " in a circle" : "",
                    objects.empty() ? "" : " on " + objects, places.empty() ? "" : ", " + places);
    std::vector<std::string> sentences;
    for (const WaitEdge& edge : stuck_.cycle) {
      sentences.push_back(sentence(edge));
      add_sites(finding, edge);
    }
    finding.notes.insert(finding.notes.begin(), sentences.begin(), sentences.end());
    story_.add_creation_sites(finding, threads);
  }

  // "T1 holds `from` (taken in `transfer`, bank.hpp:21) and waits for `to`
  // (in `transfer`, bank.hpp:22), which T2 holds."
  std::string sentence(const WaitEdge& edge) {
    std::string text = name(edge.thread);
    const auto held =
        std::find_if(stuck_.cycle.begin(), stuck_.cycle.end(),
                     [&](const WaitEdge& e) { return e.holder == edge.thread && e.object != 0; });
    if (held != stuck_.cycle.end()) {
      const std::string taken = story_.in_place(story_.where(held->taken_at));
      text += fmt::format(" holds {}{} and", story_.quoted(held->object),
                          taken.empty() ? "" : " (taken " + taken + ")");
    }
    const Blocked* blocked = story_.blocked(edge.thread);
    text += " " + (blocked == nullptr ? "waits" : waits(*blocked));
    const std::string where = story_.in_place(place(edge.thread));
    if (!where.empty()) text += " (" + where + ")";
    if (edge.object != 0) {
      text += edge.holder == edge.thread ? ", which it holds itself"
                                         : fmt::format(", which {} holds", name(edge.holder));
    }
    return text + ".";
  }

  void add_sites(Finding& finding, const WaitEdge& edge) {
    if (const Blocked* blocked = story_.blocked(edge.thread)) {
      finding.sites.push_back({fmt::format("{} {} here", name(edge.thread), waits(*blocked)),
                               number(edge.thread), stack(*blocked)});
    }
    if (edge.object != 0 && edge.taken_at != WaitEdge::kNotInTrace) {
      finding.sites.push_back(
          {fmt::format("{} had taken {} here", name(edge.holder), story_.quoted(edge.object)),
           number(edge.holder), story_.stack(edge.taken_at)});
    }
  }

  void tell_double_lock(Finding& finding) {
    if (stuck_.cycle.empty()) return tell_abandoned(finding);
    const WaitEdge& edge = stuck_.cycle.front();
    finding.summary =
        fmt::format("mutex locked twice: {} locks {}, which it already holds{}", name(edge.thread),
                    story_.quoted(edge.object), at_place(place(edge.thread)));
    finding.object = {story_.memory.name(edge.object, 0).name,
                      story_.memory.name(edge.object, 0).type, 0};
    finding.notes.insert(finding.notes.begin(), sentence(edge));
    add_sites(finding, edge);
  }

  // Nobody holds what they wait for: there is no one left to give it.
  void tell_abandoned(Finding& finding) {
    const auto& all = story_.trace.blocked;
    const auto is_cause = [](const Blocked& b) { return b.waiting_for != EventKind::ThreadJoin; };
    const auto cause = std::find_if(all.begin(), all.end(), is_cause);
    if (cause == all.end()) {
      finding.summary = "deadlock: nothing can go on";
      return;
    }
    finding.summary = fmt::format("deadlock: {} {} for ever{}", name(cause->thread), waits(*cause),
                                  at_place(place(cause->thread)));
    for (const Blocked& blocked : all) {
      if (!is_cause(blocked)) continue;
      finding.notes.push_back(fmt::format("{} {}, and no thread is left that could do it.",
                                          name(blocked.thread), waits(blocked)));
      finding.sites.push_back({fmt::format("{} {} here", name(blocked.thread), waits(blocked)),
                               number(blocked.thread), stack(blocked)});
      story_.add_creation_sites(finding, {blocked.thread});
    }
  }

  void tell_lost_wakeup(Finding& finding) {
    const Blocked* blocked = story_.blocked(stuck_.sleeper);
    if (blocked == nullptr) return tell_abandoned(finding);
    const std::string object = story_.quoted(blocked->object);
    const MemoryName& memory = story_.memory.name(blocked->object, 0);
    finding.object = {memory.name, memory.type, 0};
    finding.summary = fmt::format("lost wakeup: {} sleeps on {} for ever{}", name(stuck_.sleeper),
                                  object, at_place(place(stuck_.sleeper)));
    finding.sites.push_back({fmt::format("{} sleeps here", name(stuck_.sleeper)),
                             number(stuck_.sleeper), stack(*blocked)});
    if (stuck_.early_notify != WaitEdge::kNotInTrace) {
      const ThreadId notifier = story_.trace.events[stuck_.early_notify].event.thread;
      const Frame where = story_.where(stuck_.early_notify);
      finding.summary +=
          fmt::format("; {} notified it too early{}", name(notifier), at_place(where));
      finding.notes.insert(
          finding.notes.begin(),
          fmt::format("{} notified {} when nobody was waiting; {} went to sleep after that, and no "
                      "other notification comes.",
                      name(notifier), object, name(stuck_.sleeper)));
      finding.sites.push_back(
          {fmt::format("{} had notified here, when nobody waited", name(notifier)),
           number(notifier), story_.stack(stuck_.early_notify)});
      story_.add_creation_sites(finding, {stuck_.sleeper, notifier});
    }
  }

  Story& story_;
  const Stuck& stuck_;
};

}  // namespace

std::unique_ptr<Explanation> explain_stuck(Story& story, const Stuck& stuck) {
  return std::make_unique<StuckExplanation>(story, stuck);
}

}  // namespace raddle::report
