#include "tests/oracle/traces.hpp"

#include "scheduler/strategies/exhaustive/exhaustive.hpp"
#include "scheduler/strategies/exhaustive/shared_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <sstream>
#include <utility>
#include <vector>

namespace raddle::oracle {
namespace {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::ThreadId;

// Does the order of the two matter? By what the operations mean, kind by kind.
class Order {
 public:
  Order(const Event& a, const Event& b) : a_(a), b_(b) {}

  bool matters() const { return one_way(a_, b_) || one_way(b_, a_); }

 private:
  static bool is_any(const Event& event, std::initializer_list<EventKind> kinds) {
    return std::find(kinds.begin(), kinds.end(), event.kind) != kinds.end();
  }
  static bool reads(const Event& e) {
    return is_any(e, {EventKind::AtomicLoad, EventKind::AtomicCompareFailed, EventKind::FutexWait,
                      EventKind::FutexMismatch, EventKind::FutexSpurious});
  }
  static bool writes(const Event& e) {
    // One that fails for no reason could have succeeded.
    return is_any(e, {EventKind::AtomicStore, EventKind::AtomicRmw, EventKind::AtomicWeakFailed});
  }
  static std::uint64_t bytes(const Event& e) { return e.size == 0 ? 4 : e.size; }
  // The lock that the event takes or gives back, alone or with other readers.
  static std::uintptr_t exclusive(const Event& e) {
    if (is_any(e, {EventKind::MutexLock, EventKind::MutexTryLock, EventKind::MutexUnlock,
                   EventKind::WriteLock, EventKind::WriteTryLock, EventKind::WriteUnlock})) {
      return e.address;
    }
    return is_any(e, {EventKind::CondWait, EventKind::CondWake, EventKind::CondTimeout,
                      EventKind::CondSpurious})
               ? e.extra
               : 0;
  }
  static std::uintptr_t shared(const Event& e) {
    return is_any(e, {EventKind::ReadLock, EventKind::ReadTryLock, EventKind::ReadUnlock})
               ? e.address
               : 0;
  }
  static std::uintptr_t found_taken(const Event& e) {
    return is_any(e, {EventKind::MutexTryLockFailed, EventKind::ReadTryLockFailed,
                      EventKind::WriteTryLockFailed, EventKind::MutexTimeout})
               ? e.address
               : 0;
  }
  // Joins or leaves those that a notify wakes. Who was woken has left before.
  static bool is_of_sleepers(const Event& e) {
    return is_any(e, {EventKind::CondWait, EventKind::FutexWait, EventKind::CondTimeout,
                      EventKind::FutexTimeout, EventKind::CondSpurious, EventKind::FutexSpurious});
  }
  static bool wakes(const Event& e) {
    return is_any(e, {EventKind::CondNotifyOne, EventKind::CondNotifyAll, EventKind::FutexWake});
  }
  static bool one_way(const Event& a, const Event& b) {
    if (a.kind == EventKind::ThreadCreate && b.kind == EventKind::ThreadCreate) return true;
    if (writes(a) && (reads(b) || writes(b))) {
      return a.address < b.address + bytes(b) && b.address < a.address + bytes(a);
    }
    if (const std::uintptr_t lock = exclusive(a); lock != 0) {
      if (exclusive(b) == lock || shared(b) == lock || found_taken(b) == lock) return true;
    }
    if (shared(a) != 0 && found_taken(b) == shared(a)) return true;
    if (wakes(a) && a.address == b.address) {
      if (is_of_sleepers(b)) return true;
      if (wakes(b)) return a.value != 0 || b.value != 0;
    }
    if (a.address != b.address) return false;
    if (a.kind == EventKind::SemWait) {
      return is_any(b, {EventKind::SemWait, EventKind::SemPost, EventKind::SemTryFailed,
                        EventKind::SemTimeout});
    }
    if (a.kind == EventKind::SemPost) {
      return is_any(b, {EventKind::SemTryFailed, EventKind::SemTimeout});
    }
    if (a.kind == EventKind::BarrierArrive) return b.kind == EventKind::BarrierArrive;
    if (is_any(a, {EventKind::OnceBegin, EventKind::OnceEnd, EventKind::OnceAbort})) {
      return is_any(
          b, {EventKind::OnceBegin, EventKind::OnceEnd, EventKind::OnceAbort, EventKind::OncePass});
    }
    return false;
  }

  const Event& a_;
  const Event& b_;
};

// The same for all interleavings that differ only in what commutes: of each event what it is, and
// which events of other threads, whose order with it matters, come before it.
std::string canonical(const std::vector<Event>& events,
                      const std::map<std::size_t, std::size_t>& woken_by) {
  std::map<ThreadId, std::size_t> counts;
  std::vector<std::size_t> numbers;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    numbers.push_back(counts[event.thread]++);
    std::ostringstream line;
    line << 'T' << index(event.thread) << '.' << numbers[i] << ' ' << name(event.kind) << ' '
         << event.address << ':';
    if (event.kind == EventKind::Choose) line << " chose " << event.value;
    if (const auto waker = woken_by.find(i); waker != woken_by.end()) {
      line << " woken by T" << index(events[waker->second].thread) << '.' << numbers[waker->second];
    }
    std::vector<std::pair<std::size_t, std::size_t>> before;
    for (std::size_t k = 0; k < i; ++k) {
      if (events[k].thread != event.thread && Order(events[k], event).matters()) {
        before.emplace_back(index(events[k].thread), numbers[k]);
      }
    }
    std::sort(before.begin(), before.end());
    for (const auto& [thread, number] : before) line << " T" << thread << '.' << number;
    lines.push_back(line.str());
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  return all;
}

// Lets another strategy choose, and keeps the events.
class Listener final : public scheduler::Strategy {
 public:
  explicit Listener(scheduler::Strategy& inner) : inner_(inner) {}

  void begin(std::uint64_t number) override {
    events.clear();
    woken_by.clear();
    inner_.begin(number);
  }
  ThreadId choose_thread(const scheduler::SchedulingPoint& point) override {
    if (inner_.watches()) return inner_.choose_thread(point);
    if (point.count == 0) return scheduler::kNoThread;
    return point.count == 1 ? point.eligible.first() : inner_.choose_thread(point);
  }
  std::size_t choose_value(const scheduler::ValueChoice& choice) override {
    // That others should go first is a hint; all orders are explored anyway.
    if (choice.kind == EventKind::Yield) return choice.count - 1;
    return inner_.choose_value(choice);
  }
  bool watches() const override { return true; }
  void on_event(const Event& event) override {
    const scheduler::RuntimeScope scope;
    if (event.kind == EventKind::CondWake || event.kind == EventKind::FutexWoken) {
      woken_by[events.size()] = wakers_[event.thread];
    }
    events.push_back(event);
    inner_.on_event(event);
  }
  void on_wake(ThreadId sleeper) override {
    const scheduler::RuntimeScope scope;
    wakers_[sleeper] = events.size();  // which is told next
    inner_.on_wake(sleeper);
  }
  void on_yield(ThreadId thread, bool is_alone) override { inner_.on_yield(thread, is_alone); }

  std::vector<Event> events;
  std::map<std::size_t, std::size_t> woken_by;  // which event woke the thread of which

 private:
  scheduler::Strategy& inner_;
  std::map<ThreadId, std::size_t> wakers_;
};

}  // namespace

std::optional<Traces::Counts> Traces::of(const Program& program, scheduler::Strategy& strategy,
                                         int limit) {
  Counts counts;
  executions = redundant = 0;
  do {
    if (executions == limit) return std::nullopt;
    execute(program, strategy, counts);
  } while (strategy.next());
  return counts;
}

void Traces::execute(const Program& program, scheduler::Strategy& strategy, Counts& counts) {
  const std::function<void()> body = [&] { run(program); };
  Listener listener(strategy);
  harness::ExecutionPlan plan;
  plan.strategy = &listener;
  listener.begin(static_cast<std::uint64_t>(++executions));
  harness::runtime = &runtime_;
  const scheduler::End end = runtime_.run(body, plan);
  harness::runtime = nullptr;
  EXPECT_TRUE(end == scheduler::End::Completed || end == scheduler::End::Stuck ||
              end == scheduler::End::Pruned);
  if (strategy.was_redundant()) {
    ++redundant;
  } else {
    ++counts[canonical(listener.events, listener.woken_by)];
  }
}

std::optional<Traces::Counts> Traces::of_several(const Program& program, std::size_t searches,
                                                 std::uint64_t seed) {
  struct Searcher {
    scheduler::Exhaustive search;
    scheduler::SharedTree::Task* task = nullptr;
  };
  std::mt19937_64 random(seed);
  std::vector<std::unique_ptr<Searcher>> all;
  for (std::size_t i = 0; i < searches; ++i) all.push_back(std::make_unique<Searcher>());
  scheduler::SharedTree tree;
  Counts counts;
  executions = redundant = tasks = 0;
  while (!tree.is_done()) {
    auto& [search, task] = *all[random() % searches];
    if (task == nullptr) {
      task = tree.take();
      if (task == nullptr) continue;
      ++tasks;
      search.begin_task(scheduler::Reader(tree.bytes_of(*task)));
    }
    execute(program, search, counts);
    const bool has_next = search.next();
    if (!search.is_divisible()) return std::nullopt;
    if (search.has_settled()) tree.settle(*task, search.first_step());
    for (auto& reversal : search.reversals()) {
      tree.insert(*task, reversal.node, std::move(reversal.sequence));
    }
    search.reversals().clear();
    if (!has_next) {
      EXPECT_FALSE(search.gave_up());
      if (!search.left_out().empty()) return std::nullopt;
      tree.finish(*task, search.first_step());
      task = nullptr;
      continue;
    }
    scheduler::Bytes given;
    scheduler::Writer out(given);
    if (random() % 3 == 0 && search.split(out)) {
      scheduler::Reader in(given);
      task = &tree.split(*task, in);
    }
  }
  return counts;
}

std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : fallback;
}

}  // namespace raddle::oracle
