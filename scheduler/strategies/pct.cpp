#include "scheduler/strategies/pct.hpp"

#include <algorithm>

namespace raddle::scheduler {
namespace {

// Drawn priorities lie above this, lowered ones below, later ones lower.
constexpr std::uint64_t kDrawnFloor = std::uint64_t{1} << 62;

}  // namespace

Pct::Pct(std::uint64_t seed, unsigned depth, std::uint64_t points)
    : seed_(seed),
      depth_(std::clamp(depth, 1u, kDepthMax)),
      points_(std::max<std::uint64_t>(points, 1)) {}

void Pct::begin(std::uint64_t number) {
  generator_ = Generator{mix(seed_, number)};
  spurious_ = {};
  ++generation_;
  now_ = 0;
  lowest_ = kDrawnFloor - 1;
  next_change_ = 0;
  for (unsigned i = 0; i + 1 < depth_; ++i) change_at_[i] = generator_.below(points_ & 0xffffffff);
  std::sort(change_at_.begin(), change_at_.begin() + (depth_ - 1));
}

std::uint64_t Pct::priority(ThreadId thread) {
  const std::size_t i = index(thread);
  if (priority_of_[i] != generation_) {
    priority_of_[i] = generation_;
    // The low bits keep priorities of different threads different.
    priorities_[i] = kDrawnFloor | (generator_.next() >> 2 & ~std::uint64_t{kThreadsMax - 1}) | i;
  }
  return priorities_[i];
}

ThreadId Pct::choose_thread(const SchedulingPoint& point) {
  auto highest = [&] {
    ThreadId best = kNoThread;
    std::uint64_t best_priority = 0;
    point.eligible.for_each([&](ThreadId thread) {
      const std::uint64_t here = priority(thread);
      if (best == kNoThread || here > best_priority) {
        best = thread;
        best_priority = here;
      }
    });
    return best;
  };
  ThreadId best = highest();
  const std::uint64_t now = now_++;
  while (next_change_ + 1 < depth_ && change_at_[next_change_] <= now) {
    ++next_change_;
    on_yield(best, false);
    best = highest();
  }
  return best;
}

std::size_t Pct::choose_value(const ValueChoice& choice) {
  if (is_spurious(choice.kind)) return spurious_.happens(generator_) ? 1 : 0;
  return generator_.below(choice.count);
}

void Pct::on_yield(ThreadId thread, bool) {
  priority(thread);
  priorities_[index(thread)] = lowest_--;
}

}  // namespace raddle::scheduler
