#include "tests/docs/samples/late_thread.hpp"

namespace raddle::scheduler {

// [code]
void LateThread::begin(std::uint64_t number) {
  generator_ = Generator{mix(seed_, number)};
  late_ = thread_id(generator_.below(threads_));
}

ThreadId LateThread::choose_thread(const SchedulingPoint& point) {
  if (!point.eligible.contains(late_)) return point.eligible.nth(generator_.below(point.count));
  ThreadSet others = point.eligible;
  others.remove(late_);
  return others.nth(generator_.below(point.count - 1));
}

std::size_t LateThread::choose_value(const ValueChoice& choice) {
  return generator_.below(choice.count);
}
// [/code]

}  // namespace raddle::scheduler
