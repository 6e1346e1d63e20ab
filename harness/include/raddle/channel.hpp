// Channels between threads, and select over several of them. Plain standard
// C++20: needs nothing else of raddle.
//
//   raddle::channel<int> jobs{8};
//   std::thread worker{[&] { for (int job : jobs) run(job); }};
//   jobs.send(1);
//   jobs.close();   // the worker drains the channel, then its loop ends
//   worker.join();
//
// Semantics after Hoare, Communicating Sequential Processes, CACM 1978, and Go.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace raddle {

template <class T>
class channel;

namespace channels {

// One call that is blocked: a send, a receive or a select. Another thread
// completes it, through a Completion.
class Turn {
 public:
  // Sleeps until the call is completed. Returns the case that did it.
  std::size_t wait() {
    std::unique_lock lock{mutex_};
    ready_.wait(lock, [this] { return completed_by_.has_value(); });
    return *completed_by_;
  }

 private:
  friend class Completion;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<std::size_t> completed_by_;
};

// Completes a blocked call: begin, move the value, finish, let go of the channel,
// destroy this. The blocked call returns only at the end, and then neither
// side touches the channel again: either may destroy it.
class Completion {
 public:
  Completion() = default;
  Completion(Completion&&) = default;
  Completion& operator=(Completion&&) = default;
  ~Completion() {
    // Under the lock: the turn goes as soon as its owner may return.
    if (lock_.owns_lock() && turn_->completed_by_) turn_->ready_.notify_one();
  }

  // False if another thread was faster.
  bool begin(Turn& turn) {
    turn_ = &turn;
    lock_ = std::unique_lock{turn.mutex_};
    if (!turn.completed_by_) return true;
    lock_.unlock();
    return false;
  }
  void finish(std::size_t index) { turn_->completed_by_ = index; }

 private:
  Turn* turn_ = nullptr;
  std::unique_lock<std::mutex> lock_;
};

// One alternative of a select.
class Case {
 public:
  virtual ~Case() = default;
  virtual std::mutex* mutex() = 0;  // of the channel; null for `otherwise`
  // The rest but run() is called with the mutex held.
  virtual bool poll(Completion& other) = 0;  // goes through at once, if it can
  virtual void enqueue(Turn& turn, std::size_t index) = 0;
  virtual void dequeue() = 0;
  virtual void run() = 0;  // calls the handler
};

std::size_t select(std::span<Case* const> cases);

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

namespace channels {

template <class T, class Handler>
class Receive final : public Case {
 public:
  Receive(channel<T>& from, Handler handler) : from_{from}, handler_{std::move(handler)} {}
  std::mutex* mutex() override { return &from_.mutex_; }
  bool poll(Completion& sender) override { return from_.poll_receive(value_, sender); }
  void enqueue(Turn& turn, std::size_t index) override {
    receiver_ = {&turn, index, &value_};
    from_.receivers_.push_back(&receiver_);
  }
  void dequeue() override { std::erase(from_.receivers_, &receiver_); }
  void run() override { handler_(std::move(value_)); }

 private:
  channel<T>& from_;
  Handler handler_;
  std::optional<T> value_;
  typename channel<T>::Receiver receiver_{};
};

template <class T, class Handler>
class Send final : public Case {
 public:
  Send(channel<T>& to, T&& value, Handler handler)
      : to_{to}, value_{std::move(value)}, handler_{std::move(handler)} {}
  std::mutex* mutex() override { return &to_.mutex_; }
  bool poll(Completion& receiver) override {
    const std::optional<bool> sent = to_.poll_send(value_, receiver);
    sender_.sent = sent.value_or(false);
    return sent.has_value();
  }
  void enqueue(Turn& turn, std::size_t index) override {
    sender_ = {&turn, index, &value_, false};
    to_.senders_.push_back(&sender_);
  }
  void dequeue() override { std::erase(to_.senders_, &sender_); }
  void run() override { handler_(sender_.sent); }

 private:
  channel<T>& to_;
  T value_;
  Handler handler_;
  typename channel<T>::Sender sender_{};
};

template <class Handler>
class Otherwise final : public Case {
 public:
  explicit Otherwise(Handler handler) : handler_{std::move(handler)} {}
  std::mutex* mutex() override { return nullptr; }
  bool poll(Completion&) override { return true; }
  void enqueue(Turn&, std::size_t) override {}
  void dequeue() override {}
  void run() override { handler_(); }

 private:
  Handler handler_;
};

// The mutexes of all the cases, each once, as one lockable.
class Mutexes {
 public:
  explicit Mutexes(std::span<Case* const> cases) {
    for (Case* const one : cases) {
      if (std::mutex* const mutex = one->mutex()) mutexes_.push_back(mutex);
    }
    // By address, so that two selects over the same channels cannot deadlock.
    std::sort(mutexes_.begin(), mutexes_.end(), std::less<>{});
    mutexes_.erase(std::unique(mutexes_.begin(), mutexes_.end()), mutexes_.end());
  }
  void lock() {
    for (std::mutex* const mutex : mutexes_) mutex->lock();
  }
  void unlock() {
    for (std::mutex* const mutex : mutexes_) mutex->unlock();
  }

 private:
  std::vector<std::mutex*> mutexes_;
};

inline std::size_t select(std::span<Case* const> cases) {
  Mutexes mutexes{cases};
  Completion other;
  std::unique_lock lock{mutexes};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i]->poll(other)) return i;
  }
  // Queued under the same locks as tried: a value that comes later finds this
  // call waiting, so no wakeup is lost.
  Turn turn;
  for (std::size_t i = 0; i < cases.size(); ++i) cases[i]->enqueue(turn, i);
  lock.unlock();
  const std::size_t chosen = turn.wait();
  lock.lock();
  for (Case* const one : cases) one->dequeue();
  // Still locked: nobody else holds a way to `turn` when it goes.
  return chosen;
}

}  // namespace channels

// Alternatives of a select. The receive handler is called with
// std::optional<T>, empty if the channel is closed and drained; the send handler
// with bool, false if the channel is closed.
template <class T, class Handler>
auto on_receive(channel<T>& from, Handler handler) {
  return channels::Receive<T, Handler>{from, std::move(handler)};
}
template <class T, class Handler>
auto on_send(channel<T>& to, std::type_identity_t<T> value, Handler handler) {
  return channels::Send<T, Handler>{to, std::move(value), std::move(handler)};
}
// Taken when nothing written before it can go on at once. Write it last.
template <class Handler>
auto otherwise(Handler handler) {
  return channels::Otherwise<Handler>{std::move(handler)};
}

// Waits until one of the alternatives can go on, performs exactly that one,
// calls its handler (with no lock held) and returns its position. If several can,
// it is the first one written: the choice is the same in every replay. A closed
// channel can always go on.
//
//   raddle::select(raddle::on_receive(jobs, [&](std::optional<Job> job) { ... }),
//                  raddle::on_send(beats, 1, [&](bool sent) { ... }),
//                  raddle::otherwise([&] { ... }));
template <class... Cases>
std::size_t select(Cases&&... cases) {
  static_assert(sizeof...(Cases) > 0, "a select without alternatives would wait for ever");
  const std::array<channels::Case*, sizeof...(Cases)> all{&cases...};
  const std::size_t chosen = channels::select(all);
  all[chosen]->run();
  return chosen;
}

}  // namespace raddle
