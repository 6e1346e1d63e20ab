#pragma once

#include "scheduler/thread.hpp"

namespace raddle::interpose {

// What was said of all threads is said of this new one, too.
void inherit_annotations(scheduler::Thread& created);

}  // namespace raddle::interpose
