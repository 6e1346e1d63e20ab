#pragma once

#include <bit>
#include <cstdint>

namespace raddle::scheduler {

// A set of threads. Costs one machine word for executions of up to 64 threads:
// every operation touches only the words in use.
class ThreadSet {
 public:
  static constexpr std::size_t kWords = kThreadsMax / 64;

  ThreadSet() { words_[0] = 0; }
  ThreadSet(const ThreadSet& other) { *this = other; }
  ThreadSet& operator=(const ThreadSet& other) {
    words_in_use_ = other.words_in_use_;
    words_[0] = other.words_[0];
    for (std::size_t i = 1; i < words_in_use_; ++i) words_[i] = other.words_[i];
    return *this;
  }

  // Empties the set; members below `threads` will be added.
  void reset(std::size_t threads) {
    words_in_use_ = (threads + 63) / 64;
    for (std::size_t i = 0; i < words_in_use_; ++i) words_[i] = 0;
  }
  void grow(std::size_t threads) {
    while (words_in_use_ * 64 < threads) words_[words_in_use_++] = 0;
  }

  void add(ThreadId id) { words_[index(id) / 64] |= bit(id); }
  void remove(ThreadId id) { words_[index(id) / 64] &= ~bit(id); }
  bool contains(ThreadId id) const {
    return index(id) < words_in_use_ * 64 && (words_[index(id) / 64] & bit(id)) != 0;
  }
  bool empty() const {
    if (words_[0] != 0) return false;
    for (std::size_t i = 1; i < words_in_use_; ++i) {
      if (words_[i] != 0) return false;
    }
    return true;
  }
  std::size_t count() const {
    auto total = static_cast<std::size_t>(std::popcount(words_[0]));
    for (std::size_t i = 1; i < words_in_use_; ++i) {
      total += static_cast<std::size_t>(std::popcount(words_[i]));
    }
    return total;
  }
  // The smallest. Not on an empty set.
  ThreadId first() const {
    if (words_[0] != 0) [[likely]]
      return thread_id(static_cast<std::size_t>(std::countr_zero(words_[0])));
    return nth(0);
  }
  // The member with `n` smaller members. n < count().
  ThreadId nth(std::size_t n) const {
    for (std::size_t i = 0;; ++i) {
      std::uint64_t word = words_[i];
      const auto here = static_cast<std::size_t>(std::popcount(word));
      if (n >= here) {
        n -= here;
        continue;
      }
      for (; n > 0; --n) word &= word - 1;
      return thread_id(i * 64 + static_cast<std::size_t>(std::countr_zero(word)));
    }
  }
  // The smallest member not below `from`, else the smallest of all. Not on an empty set.
  ThreadId next_cyclic(std::size_t from) const {
    for (std::size_t i = from / 64; i < words_in_use_; ++i) {
      std::uint64_t word = words_[i];
      if (i == from / 64) word &= ~std::uint64_t{0} << (from % 64);
      if (word != 0) {
        return thread_id(i * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      }
    }
    return nth(0);
  }
  void subtract(const ThreadSet& other) {
    for (std::size_t i = 0; i < words_in_use_ && i < other.words_in_use_; ++i) {
      words_[i] &= ~other.words_[i];
    }
  }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < words_in_use_; ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(thread_id(i * 64 + static_cast<std::size_t>(std::countr_zero(word))));
      }
    }
  }

 private:
  static constexpr std::uint64_t bit(ThreadId id) { return std::uint64_t{1} << (index(id) % 64); }

  std::uint64_t words_[kWords];  // of those behind the first, only words_in_use_ mean anything
  std::size_t words_in_use_ = 0;
};

}  // namespace raddle::scheduler
