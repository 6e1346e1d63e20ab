// Which place of the program an intercepted call is told from.
#pragma once

#include "harness/interpose/instrumented.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

namespace raddle::interpose {

// The first return address in instrumented code above the open call that
// returns to `pc`; `pc` itself if there is none. Unwinds the stack: slow.
std::uintptr_t find_caller(std::uintptr_t pc);

// libstdc++.so calls pthread_create for std::thread. Only a report wants to
// know who called libstdc++.so, so that only a recorded execution looks.
inline std::uintptr_t caller(std::uintptr_t pc) {
  if (harness::runtime == nullptr || harness::runtime->recorder() == nullptr) [[likely]]
    return pc;
  return is_instrumented(pc) ? pc : find_caller(pc);
}

}  // namespace raddle::interpose

// The place that events of an intercepted call, and waits in it, are told from.
#define RADDLE_CALLER ::raddle::interpose::caller(RADDLE_PC)
