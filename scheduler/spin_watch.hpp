#pragma once

#include <cstdint>

namespace raddle::scheduler {

// Notices that a thread goes round a loop that only reads, and reads the same
// each time: a spin lock, a polled flag. Such a thread need not run again until
// somebody has written. Constant space; finds loops of any length by letting
// the anchor jump ahead in growing strides (Brent's cycle detection).
class SpinWatch {
 public:
  // After a read (or a failed try) of `value` at `pc`. True: since the last time here
  // the thread has read exactly what it read the time before.
  bool on_read(std::uintptr_t pc, std::uintptr_t address, std::uint64_t value) {
    const std::uint64_t seen = (pc * 0x9E3779B97F4A7C15ull) ^ (address << 1) ^ value;
    if (pc == anchor_pc_ && address == anchor_address_) {
      const bool is_same = lap_hash_ == last_lap_hash_ && value == anchor_value_;
      last_lap_hash_ = lap_hash_;
      anchor_value_ = value;
      lap_hash_ = 1;
      reads_ = 0;
      return is_same && laps_++ > 0;
    }
    lap_hash_ = (lap_hash_ ^ seen) * 0x100000001B3ull;
    if (++reads_ >= stride_) {
      anchor_pc_ = pc;
      anchor_address_ = address;
      anchor_value_ = value;
      stride_ = stride_ < 4096 ? stride_ * 2 : stride_;
      reads_ = 0;
      laps_ = 0;
      lap_hash_ = 1;
      last_lap_hash_ = 0;
    }
    return false;
  }

  // After anything that can change what others see.
  void on_write() {
    anchor_pc_ = 0;
    stride_ = 1;
    reads_ = 0;
  }

 private:
  std::uintptr_t anchor_pc_ = 0, anchor_address_ = 0;
  std::uint64_t anchor_value_ = 0;
  std::uint64_t lap_hash_ = 1, last_lap_hash_ = 0;
  std::uint32_t reads_ = 0, stride_ = 1, laps_ = 0;
};

}  // namespace raddle::scheduler
