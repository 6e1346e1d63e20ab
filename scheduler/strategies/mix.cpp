#include "scheduler/strategies/mix.hpp"

namespace raddle::scheduler {

Mix::Mix(std::uint64_t seed, std::uint64_t points) : random_(seed), pct_(seed, kDepth, points) {}

// Each of the two counts its own executions: both take turns with what they vary from one to
// the next.
void Mix::begin(std::uint64_t number) {
  is_pct_ = number % 2 == 1;
  current().begin(number / 2);
}

ThreadId Mix::choose_thread(const SchedulingPoint& point) { return current().choose_thread(point); }

std::size_t Mix::choose_value(const ValueChoice& choice) { return current().choose_value(choice); }

void Mix::on_yield(ThreadId thread, bool is_alone) { current().on_yield(thread, is_alone); }

}  // namespace raddle::scheduler
