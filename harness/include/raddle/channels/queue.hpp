// The channel itself, without select. Part of <raddle/channel.hpp>.
#pragma once

#include <raddle/channels/turn.hpp>

#include <concepts>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace raddle {

namespace channels {
template <class T, class Handler>
class Receive;
template <class T, class Handler>
class Send;
}  // namespace channels

// A queue between threads that can be closed. With capacity n, up to n values
// wait in it and send() blocks when it is full. With capacity 0 a value goes from
// sender to receiver directly, and both block until the other is there.
//
// Any number of threads may call any member at the same time. Values arrive in
// the order sent; blocked senders and receivers are served first come, first
// served. What happens before a send happens before the receive that gets the
// value, and what happens before close() before a receive that returns empty.
//
// T must be movable; it is moved under a lock, so its move must not use the
// channel. Nobody may be blocked in a channel that is destroyed. Who received a
// value, or knows that his own was taken, may destroy the channel at once: the
// call on the other side does not touch it again, though it may not have
// returned. Only a select needs its channels until it returns.
template <class T>
class channel {
 public:
  explicit channel(std::size_t capacity = 0) : capacity_{capacity} {}
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  // Blocks until the value is taken or stored. Returns false if the channel is
  // closed, also if that happens meanwhile; `value` is then as it was.
  bool send(T&& value) {
    channels::Completion receiver;
    std::unique_lock lock{mutex_};
    if (const std::optional<bool> sent = poll_send(value, receiver)) return *sent;
    channels::Turn turn;
    Sender sender{&turn, 0, &value, false};
    senders_.push_back(&sender);
    lock.unlock();
    turn.wait();
    return sender.sent;
  }
  bool send(const T& value) requires std::copy_constructible<T> { return send(T(value)); }

  // Blocks until there is a value. Empty if the channel is closed and drained.
  std::optional<T> receive() {
    std::optional<T> value;
    channels::Completion sender;
    std::unique_lock lock{mutex_};
    if (poll_receive(value, sender)) return value;
    channels::Turn turn;
    Receiver receiver{&turn, 0, &value};
    receivers_.push_back(&receiver);
    lock.unlock();
    turn.wait();
    return value;
  }

  // As send(), but returns false instead of blocking.
  bool try_send(T&& value) {
    channels::Completion receiver;
    const std::lock_guard lock{mutex_};
    return poll_send(value, receiver).value_or(false);
  }
  bool try_send(const T& value) requires std::copy_constructible<T> { return try_send(T(value)); }

  // As receive(), but returns empty instead of blocking.
  std::optional<T> try_receive() {
    std::optional<T> value;
    channels::Completion sender;
    const std::lock_guard lock{mutex_};
    poll_receive(value, sender);
    return value;
  }

  // From now on send() returns false. Values stored already can still be
  // received; those of blocked senders stay with them. Closing again is harmless.
  void close() {
    std::vector<channels::Completion> blocked;
    const std::lock_guard lock{mutex_};
    closed_ = true;
    blocked.reserve(senders_.size() + receivers_.size());
    const auto complete = [&](auto& waiting) {
      channels::Completion one;
      if (!one.begin(*waiting->turn)) return;
      one.finish(waiting->index);
      blocked.push_back(std::move(one));
    };
    for (Sender* const sender : std::exchange(senders_, {})) complete(sender);
    for (Receiver* const receiver : std::exchange(receivers_, {})) complete(receiver);
  }

  // Whether close() was called. Values may be left.
  bool is_closed() const {
    const std::lock_guard lock{mutex_};
    return closed_;
  }

  std::size_t capacity() const { return capacity_; }

  // `for (T& value : channel)` receives until the channel is closed and drained.
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = T*;
    using reference = T&;

    explicit iterator(channel& from) : from_{&from}, value_{from.receive()} {}
    reference operator*() { return *value_; }
    pointer operator->() { return &*value_; }
    iterator& operator++() {
      value_ = from_->receive();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !value_.has_value(); }

   private:
    channel* from_;
    std::optional<T> value_;
  };
  iterator begin() { return iterator{*this}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  template <class, class>
  friend class channels::Receive;
  template <class, class>
  friend class channels::Send;

  // Someone blocked here. Lives on the stack of the blocked call, and leaves
  // the queue when it is served. A select that was served elsewhere may still
  // stand in the queue; begin() then says no.
  struct Sender {
    channels::Turn* turn;
    std::size_t index;
    T* value;
    bool sent;
  };
  struct Receiver {
    channels::Turn* turn;
    std::size_t index;
    std::optional<T>* value;
  };

  // True: sent. False: closed. Empty: it would block. Needs the lock. `receiver`
  // must outlive the lock.
  std::optional<bool> poll_send(T& value, channels::Completion& receiver) {
    if (closed_) return false;
    while (!receivers_.empty()) {
      Receiver& first = *receivers_.front();
      const bool taken = receiver.begin(*first.turn);
      if (taken) {
        first.value->emplace(std::move(value));
        receiver.finish(first.index);
      }
      receivers_.erase(receivers_.begin());
      if (taken) return true;
    }
    if (stored_.size() == capacity_) return std::nullopt;
    stored_.push_back(std::move(value));
    return true;
  }

  // True: there was a value, or there never will be. False: it would block.
  // Needs the lock. `sender` must outlive the lock.
  bool poll_receive(std::optional<T>& value, channels::Completion& sender) {
    if (!stored_.empty()) {
      value.emplace(std::move(stored_.front()));
      stored_.pop_front();
      take_from_sender([this](T& sent) { stored_.push_back(std::move(sent)); }, sender);
      return true;
    }
    return take_from_sender([&](T& sent) { value.emplace(std::move(sent)); }, sender) || closed_;
  }

  template <class Destination>
  bool take_from_sender(Destination destination, channels::Completion& sender) {
    while (!senders_.empty()) {
      Sender& first = *senders_.front();
      const bool taken = sender.begin(*first.turn);
      if (taken) {
        destination(*first.value);
        first.sent = true;
        sender.finish(first.index);
      }
      senders_.erase(senders_.begin());
      if (taken) return true;
    }
    return false;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::deque<T> stored_;
  std::vector<Sender*> senders_;      // only when full
  std::vector<Receiver*> receivers_;  // only when nothing is stored and nobody sends
};

}  // namespace raddle
