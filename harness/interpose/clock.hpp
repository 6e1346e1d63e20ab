#pragma once

#include "scheduler/engine.hpp"

#include <cstdint>
#include <ctime>

namespace raddle::interpose {

// What the clocks show when an execution begins: the same in every one.
inline constexpr std::uint64_t kRealtimeEpoch_s = 1'700'000'000;
inline constexpr std::uint64_t kMonotonicEpoch_s = 1'000;

constexpr std::uint64_t nanoseconds(const timespec& time) {
  return time.tv_sec < 0 ? 0
                         : static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                               static_cast<std::uint64_t>(time.tv_nsec);
}

constexpr std::uint64_t epoch_ns(clockid_t clock) {
  const bool is_realtime =
      clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
  return (is_realtime ? kRealtimeEpoch_s : kMonotonicEpoch_s) * 1'000'000'000;
}

// An absolute time of `clock` as virtual time of the execution.
constexpr std::uint64_t deadline_of(const timespec& time, clockid_t clock) {
  const std::uint64_t ns = nanoseconds(time);
  return ns > epoch_ns(clock) ? ns - epoch_ns(clock) : 0;
}

}  // namespace raddle::interpose
