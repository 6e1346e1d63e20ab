#include "harness/rerun.hpp"

namespace raddle::harness {

void Rerun::run(const std::function<void()>& body, const Options& options,
                const scheduler::Schedule& schedule, const Failure* expected, bool minimise) {
  out_->reset();
  trace_.clear();
  const auto work = [&] {
    investigate(body, options, schedule, expected, minimise, *out_, trace_);
  };
  ending_ = Ending{};
  if (options.jobs == 1) {
    work();
  } else {
    ending_ = Process(work).wait();
  }
}

}  // namespace raddle::harness
