#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace raddle::scheduler {

// A set of threads. Costs one machine word for executions of up to 64 threads:
// every operation touches only the words in use.
class ThreadSet {
 public:
  static constexpr std::size_t kWords = kThreadsMax / 64;

  // Empties the set; members below `threads` will be added.
  void reset(std::size_t threads) {
    words_[0] = 0;
    if (words_in_use_ > 1) [[unlikely]]
      std::fill_n(words_ + 1, words_in_use_ - 1, std::uint64_t{0});
    words_in_use_ = (threads + 63) / 64;
  }
  void grow(std::size_t threads) {
    if (words_in_use_ * 64 < threads) words_in_use_ = (threads + 63) / 64;
  }

  void add(ThreadId id) { words_[index(id) / 64] |= bit(id); }
  void remove(ThreadId id) { words_[index(id) / 64] &= ~bit(id); }
  void set(ThreadId id, bool is_member) {
    std::uint64_t& word = words_[index(id) / 64];
    word = (word & ~bit(id)) | std::uint64_t{is_member} << (index(id) % 64);
  }
  bool contains(ThreadId id) const { return (words_[index(id) / 64] >> (index(id) % 64) & 1) != 0; }
  bool empty() const { return words_[0] == 0 && (words_in_use_ <= 1 || count_behind() == 0); }
  std::size_t count() const {
    const auto here = static_cast<std::size_t>(std::popcount(words_[0]));
    return words_in_use_ <= 1 ? here : here + count_behind();
  }
  // The smallest. Not on an empty set.
  ThreadId first() const {
    if (words_[0] != 0) [[likely]]
      return thread_id(static_cast<std::size_t>(std::countr_zero(words_[0])));
    return nth_behind(0);
  }
  // The member with `n` smaller members. n < count().
  ThreadId nth(std::size_t n) const {
    std::uint64_t word = words_[0];
    if (words_in_use_ > 1 && n >= static_cast<std::size_t>(std::popcount(word))) [[unlikely]]
      return nth_behind(n);
    // Mostly `n` is random and below 3: conditional moves, where a loop would be foretold wrongly.
    const std::uint64_t second = word & (word - 1), third = second & (second - 1);
    word = n >= 1 ? second : word;
    word = n >= 2 ? third : word;
    for (; n > 2; --n) word &= word - 1;
    return thread_id(static_cast<std::size_t>(std::countr_zero(word)));
  }
  // The smallest member not below `from`, else the smallest of all. Not on an empty set.
  ThreadId next_cyclic(std::size_t from) const {
    if (words_in_use_ > 1) [[unlikely]]
      return next_cyclic_of_many(from);
    const std::uint64_t behind = from < 64 ? words_[0] & ~std::uint64_t{0} << from : 0;
    return thread_id(static_cast<std::size_t>(std::countr_zero(behind != 0 ? behind : words_[0])));
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
  [[gnu::noinline]] std::size_t count_behind() const {
    std::size_t total = 0;
    for (std::size_t i = 1; i < words_in_use_; ++i) {
      total += static_cast<std::size_t>(std::popcount(words_[i]));
    }
    return total;
  }
  [[gnu::noinline]] ThreadId nth_behind(std::size_t n) const {
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
  [[gnu::noinline]] ThreadId next_cyclic_of_many(std::size_t from) const {
    for (std::size_t i = from / 64; i < words_in_use_; ++i) {
      std::uint64_t word = words_[i];
      if (i == from / 64) word &= ~std::uint64_t{0} << (from % 64);
      if (word != 0) {
        return thread_id(i * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      }
    }
    return first();
  }

  static constexpr std::uint64_t bit(ThreadId id) { return std::uint64_t{1} << (index(id) % 64); }

  std::uint64_t words_[kWords] = {};  // those not in use are 0
  std::size_t words_in_use_ = 0;
};

}  // namespace raddle::scheduler
