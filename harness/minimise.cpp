#include "harness/minimise.hpp"

#include "scheduler/strategies/bounded.hpp"
#include "scheduler/strategies/replay.hpp"

#include <algorithm>
#include <utility>

namespace raddle::harness {
namespace {

using Deviations = std::vector<scheduler::Deviation>;

// How much either of the two ways may try: in runs, and in events of all of them.
constexpr std::uint64_t kRunsMax = 3000;
constexpr std::uint64_t kEventsMax = 5'000'000;

class Minimiser {
 public:
  Minimiser(SizedSchedule start, bool at_accesses, const Attempt& attempt)
      : best_(std::move(start)), at_accesses_(at_accesses), attempt_(attempt) {}

  SizedSchedule run() {
    leave_out_pieces();
    runs_ = events_ = 0;
    search_from_below();
    return std::move(best_);
  }

 private:
  bool may_go_on() const { return !is_hopeless_ && runs_ < kRunsMax && events_ < kEventsMax; }

  // Keeps what the run turns out to have done, if it is the same failure and smaller.
  bool improves(scheduler::Strategy& strategy) {
    SizedSchedule candidate;
    const Attempted attempted = attempt_(strategy, candidate);
    ++runs_;
    events_ += candidate.steps;
    is_hopeless_ = attempted == Attempted::Hopeless;
    if (attempted != Attempted::Same || !candidate.is_smaller_than(best_)) return false;
    best_ = std::move(candidate);
    return true;
  }
  bool improves(const Deviations& deviations) {
    replay_.follow(deviations);
    return improves(replay_);
  }

  // Delta debugging (Zeller, Hildebrandt, TSE 2002): leaves out ever smaller
  // pieces until no single deviation can be spared.
  void leave_out_pieces() {
    improves(Deviations{});
    std::size_t piece = std::max<std::size_t>(best_.deviations.size() / 2, 1);
    while (!best_.deviations.empty() && may_go_on()) {
      bool has_improved = false;
      for (std::size_t at = 0; at < best_.deviations.size() && may_go_on();) {
        Deviations candidate = best_.deviations;
        const auto from = candidate.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t length = std::min(piece, candidate.size() - at);
        candidate.erase(from, from + static_cast<std::ptrdiff_t>(length));
        if (improves(candidate)) {
          has_improved = true;
        } else {
          at += piece;
        }
      }
      if (piece == 1 && !has_improved) return;
      piece = std::max<std::size_t>(std::min(piece / 2, best_.deviations.size() / 2), 1);
    }
  }

  // No piece can be spared, and yet quite another schedule may need less.
  void search_from_below() {
    for (std::uint64_t max = 0; max <= best_.preemptions && may_go_on(); ++max) {
      scheduler::Bounded all(max, at_accesses_, best_.spurious() > 0);
      do {
        improves(all);
      } while (may_go_on() && all.next());
    }
  }

  SizedSchedule best_;
  bool at_accesses_;
  const Attempt& attempt_;
  scheduler::Replay replay_;
  std::uint64_t runs_ = 0, events_ = 0;
  bool is_hopeless_ = false;
};

}  // namespace

std::size_t SizedSchedule::spurious() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      deviations, [](const auto& each) { return each.is_value && is_spurious(each.kind); }));
}

bool SizedSchedule::is_smaller_than(const SizedSchedule& other) const {
  if (spurious() != other.spurious()) return spurious() < other.spurious();
  if (preemptions != other.preemptions) return preemptions < other.preemptions;
  if (steps != other.steps) return steps < other.steps;
  return deviations.size() < other.deviations.size();
}

SizedSchedule minimise(SizedSchedule start, bool at_accesses, const Attempt& attempt) {
  return Minimiser(std::move(start), at_accesses, attempt).run();
}

}  // namespace raddle::harness
