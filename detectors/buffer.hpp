// Arrays for detectors. They live on pages of their own and never call malloc:
// a detector runs inside the malloc of the program under test.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace raddle::detectors {

// `bytes` of zeroed memory, page aligned. Throws std::system_error.
void* map_zeroed(std::size_t bytes);
void unmap(void* memory, std::size_t bytes);

// An array of plain data that grows and never shrinks. New elements are zero.
// Growing moves the elements.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { unmap(data_, capacity_ * sizeof(T)); }

  void reserve(std::size_t elements) {
    if (elements > capacity_) grow(elements);
  }

  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t capacity() const { return capacity_; }

 private:
  void grow(std::size_t elements) {
    const std::size_t capacity = std::max({elements, 2 * capacity_, kBytesMin / sizeof(T) + 1});
    T* data = static_cast<T*>(map_zeroed(capacity * sizeof(T)));
    std::copy_n(data_, capacity_, data);
    unmap(data_, capacity_ * sizeof(T));
    data_ = data;
    capacity_ = capacity;
  }

  static constexpr std::size_t kBytesMin = 4096;

  T* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace raddle::detectors
