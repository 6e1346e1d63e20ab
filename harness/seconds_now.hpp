#pragma once

#include <time.h>

namespace raddle::harness {

// Of a clock that only goes forward.
inline double seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace raddle::harness
