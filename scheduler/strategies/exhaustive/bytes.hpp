// Numbers as bytes, lowest first, for another process or a file.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace raddle::scheduler {

static_assert(std::endian::native == std::endian::little);

using Bytes = std::vector<std::uint8_t>;

template <typename T>
concept Fixed = std::is_arithmetic_v<T> || std::is_enum_v<T>;

// What an address is called elsewhere, by a process or in a file. May throw if it has no name
// there.
using AddressMap = std::function<std::uint64_t(std::uint64_t)>;

class Writer {
 public:
  explicit Writer(Bytes& out, const AddressMap* map = nullptr) : out_(out), map_(map) {}

  const AddressMap* map() const { return map_; }

  template <Fixed T>
  void put(T value) {
    put_raw(&value, sizeof(T));
  }
  void put_raw(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    out_.insert(out_.end(), bytes, bytes + size);
  }
  void put_count(std::size_t count) { put(static_cast<std::uint32_t>(count)); }
  void put_bytes(std::span<const std::uint8_t> bytes) {
    put_count(bytes.size());
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void put_text(std::string_view text) {
    put_count(text.size());
    out_.insert(out_.end(), text.begin(), text.end());
  }

 private:
  Bytes& out_;
  const AddressMap* map_;
};

// Throws std::out_of_range where there is less than what is asked for.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes, const AddressMap* map = nullptr)
      : left_(bytes), map_(map) {}

  const AddressMap* map() const { return map_; }

  template <Fixed T>
  T get() {
    T value{};
    get_raw(&value, sizeof(T));
    return value;
  }
  void get_raw(void* data, std::size_t size) {
    const auto taken = take(size);
    if (size > 0) std::memcpy(data, taken.data(), size);
  }
  // Of things that take at least a byte each.
  std::size_t get_count() {
    const auto count = get<std::uint32_t>();
    if (count > left_.size()) throw std::out_of_range("more was announced than there is");
    return count;
  }
  std::span<const std::uint8_t> get_bytes() { return take(get_count()); }
  std::string get_text() {
    const auto bytes = get_bytes();
    return {bytes.begin(), bytes.end()};
  }
  std::size_t left() const { return left_.size(); }

 private:
  std::span<const std::uint8_t> take(std::size_t count) {
    if (count > left_.size()) throw std::out_of_range("it ends too early");
    const auto taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }

  std::span<const std::uint8_t> left_;
  const AddressMap* map_;
};

}  // namespace raddle::scheduler
