#include "scheduler/strategies/random.hpp"

namespace raddle::scheduler {

Random::Random(std::uint64_t seed, double switch_probability)
    : seed_(seed), fixed_probability_(switch_probability) {}

void Random::begin(std::uint64_t number) {
  generator_ = Generator{mix(seed_, number)};
  spurious_ = {};
  if (fixed_probability_ >= 0) {
    is_even_ = false;
    leave_numerator_ = static_cast<std::uint64_t>(fixed_probability_ * 4294967296.0);
    return;
  }
  is_even_ = number % 2 == 0;
  if (!is_even_) leave_numerator_ = std::uint64_t{1} << (31 - generator_.below(6));
}

ThreadId Random::choose_thread(const SchedulingPoint& point) {
  if (is_even_ || point.current == kNoThread) {
    return point.eligible.nth(generator_.below(point.count));
  }
  if (!generator_.chance(leave_numerator_)) return point.current;
  const ThreadId other = point.eligible.nth(generator_.below(point.count - 1));
  // `other` is even over all but the largest; let the largest stand in for the current one.
  return other == point.current ? point.eligible.nth(point.count - 1) : other;
}

std::size_t Random::choose_value(const ValueChoice& choice) {
  if (is_spurious(choice.kind)) return spurious_.happens(generator_) ? 1 : 0;
  return generator_.below(choice.count);
}

}  // namespace raddle::scheduler
