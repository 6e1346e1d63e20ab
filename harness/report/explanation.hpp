// How each kind of finding is explained.
#pragma once

#include "harness/report/rows.hpp"
#include "harness/report/story.hpp"

#include <memory>
#include <vector>

namespace raddle::report {

// Two passes, because names can only be given when all objects are known:
// first what the finding is about, then the telling.
class Explanation {
 public:
  virtual ~Explanation() = default;

  // What the table must show. Notes in Story::memory the objects that tell() will name.
  virtual Interest interest() = 0;

  // Fills in summary, object, sites and notes. Adds to `last` what did not
  // become an event: the lock that was never got, the check that failed.
  virtual void tell(Finding& finding, std::vector<Step>& last) = 0;
};

// A row for what did not become an event.
Step last_step(scheduler::ThreadId thread, std::string action, Frame where);

// For data races, use after free and double free.
std::unique_ptr<Explanation> explain_access(Story& story, const detectors::Problem& problem);

// For mutex misuse that did not stop the execution.
std::unique_ptr<Explanation> explain_misuse(Story& story, const detectors::Problem& problem);

// For executions in which nothing could go on.
std::unique_ptr<Explanation> explain_stuck(Story& story, const detectors::Stuck& stuck);

// For all that the program or the harness itself noticed: failed checks,
// exceptions, crashes, exits, limits.
std::unique_ptr<Explanation> explain_failure(Story& story);

}  // namespace raddle::report
