#pragma once

#include "harness/investigate.hpp"
#include "harness/processes.hpp"
#include "harness/recorder.hpp"
#include "harness/shared_state.hpp"

#include <functional>

namespace raddle::harness {

// A schedule, run again and recorded (investigate.hpp), in a process of its own unless
// there is but one job.
class Rerun {
 public:
  // May be called again; then all is forgotten that it has found before.
  void run(const std::function<void()>& body, const Options& options,
           const scheduler::Schedule& schedule, const Failure* expected, bool minimise);

  // False: the process died, ending() says how, and trace() how far it came.
  bool has_lived() const { return out_->is_over; }
  const Ending& ending() const { return ending_; }
  const Investigation& result() const { return *out_; }
  scheduler::Trace trace() const { return trace_.trace(); }

 private:
  Shared<Investigation> memory_;
  Investigation* out_ = &*memory_;
  TraceBuffer trace_;
  Ending ending_;
};

}  // namespace raddle::harness
