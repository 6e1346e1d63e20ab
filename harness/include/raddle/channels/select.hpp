// Waiting for several channels at once. Part of <raddle/channel.hpp>.
#pragma once

#include <raddle/channels/queue.hpp>
#include <raddle/channels/turn.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace raddle {

namespace channels {

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
