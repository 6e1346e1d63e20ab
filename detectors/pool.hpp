// Records that live until the end of an execution, addressed by number.
#pragma once

#include "detectors/buffer.hpp"

#include <cstdint>

namespace raddle::detectors {

// Numbers start at 1; 0 means none. Records never move. Starting the next
// execution frees them all at once. `T` has a `std::uint32_t next`, which links
// the records that were given back.
template <class T>
class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (std::size_t i = 0; i < chunks_made_; ++i) unmap(chunks_[i], kChunk * sizeof(T));
  }

  void begin_execution() {
    used_ = 0;
    free_ = 0;
  }

  // A record with every field zero.
  std::uint32_t allocate() {
    std::uint32_t number = free_;
    if (number != 0) {
      free_ = (*this)[number].next;
    } else {
      number = ++used_;
      if ((number >> kChunkBits) >= chunks_made_) add_chunk();
    }
    (*this)[number] = T{};
    return number;
  }

  void release(std::uint32_t number) {
    (*this)[number].next = free_;
    free_ = number;
  }

  T& operator[](std::uint32_t number) {
    return chunks_[number >> kChunkBits][number & (kChunk - 1)];
  }
  const T& operator[](std::uint32_t number) const {
    return chunks_[number >> kChunkBits][number & (kChunk - 1)];
  }

 private:
  void add_chunk() {
    chunks_.reserve(chunks_made_ + 1);
    chunks_[chunks_made_] = static_cast<T*>(map_zeroed(kChunk * sizeof(T)));
    ++chunks_made_;
  }

  static constexpr unsigned kChunkBits = 10;
  static constexpr std::size_t kChunk = std::size_t{1} << kChunkBits;

  Buffer<T*> chunks_;
  std::size_t chunks_made_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t free_ = 0;
};

}  // namespace raddle::detectors
