#pragma once

#include "scheduler/objects/object.hpp"
#include "scheduler/operation.hpp"
#include "scheduler/thread.hpp"

#include <vector>

namespace raddle::scheduler {

// Could `operation`, announced by `thread`, take effect now? Timeouts aside: a
// timed operation that is not enabled may still be chosen, and then gives up.
bool is_enabled(const Operation& operation, const Thread& thread, const Thread* target);

// The threads that would have to release `object` first.
std::vector<ThreadId> holders(const Object& object);

}  // namespace raddle::scheduler
