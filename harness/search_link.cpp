#include "harness/search_link.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

namespace raddle::harness {
namespace {

bool send_all(int socket, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t sent = ::send(socket, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    at += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_all(int socket, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t received = ::recv(socket, at, size, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    at += received;
    size -= static_cast<std::size_t>(received);
  }
  return true;
}

}  // namespace

void put(Writer& out, const SearchCounts& counts) {
  out.put(counts.executions);
  out.put(counts.redundant);
  out.put(counts.decisions_min);
  out.put(counts.decisions_max);
  out.put(counts.decisions_sum);
}

SearchCounts get_counts(Reader& in) {
  SearchCounts counts;
  counts.executions = in.get<std::uint64_t>();
  counts.redundant = in.get<std::uint64_t>();
  counts.decisions_min = in.get<std::uint64_t>();
  counts.decisions_max = in.get<std::uint64_t>();
  counts.decisions_sum = in.get<std::uint64_t>();
  return counts;
}

bool SocketLink::receive(Bytes& order) {
  std::uint32_t size = 0;
  if (!receive_all(socket_, &size, sizeof(size))) return false;
  order.resize(size);
  return receive_all(socket_, order.data(), size);
}

void SocketLink::send(SearchMessage kind, const Bytes& message) {
  Bytes whole;
  Writer out(whole);
  out.put_count(message.size() + 1);
  out.put(kind);
  whole.insert(whole.end(), message.begin(), message.end());
  // If nobody is there any more, receive() says so.
  send_all(socket_, whole.data(), whole.size());
}

bool send_order(int socket, const Bytes& order) {
  Bytes whole;
  Writer(whole).put_bytes(order);
  return send_all(socket, whole.data(), whole.size());
}

bool SearchInbox::read() {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  constexpr std::size_t kAtOnce = 1 << 16;
  const std::size_t size = bytes_.size();
  bytes_.resize(size + kAtOnce);
  ssize_t received = 0;
  do {
    received = ::recv(socket_, bytes_.data() + size, kAtOnce, MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  bytes_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(received, 0)));
  const bool has_to_wait = received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (received <= 0 && !has_to_wait) is_closed_ = true;
  return received > 0;
}

bool SearchInbox::next(SearchMessage& kind, std::span<const std::uint8_t>& message) {
  const std::span<const std::uint8_t> left = std::span(bytes_).subspan(begin_);
  if (left.size() < sizeof(std::uint32_t)) return false;
  Reader in(left);
  const auto size = in.get<std::uint32_t>();
  if (in.left() < size) return false;
  kind = in.get<SearchMessage>();
  message = left.subspan(sizeof(size) + 1, size - 1);
  begin_ += sizeof(size) + size;
  return true;
}

}  // namespace raddle::harness
