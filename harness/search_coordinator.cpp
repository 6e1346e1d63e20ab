#include "harness/search_coordinator.hpp"

#include "harness/seconds_now.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace raddle::harness {

SearchCoordinator::SearchCoordinator(const Exploration& exploration, SearchKeeper& keeper,
                                     Shared<WorkerState>& states, std::size_t workers,
                                     Checkpoint* checkpoint, Interruption* interruption)
    : exploration_(exploration),
      keeper_(keeper),
      states_(states),
      checkpoint_(checkpoint),
      interruption_(interruption),
      workers_(workers),
      progress_(exploration.options.test) {}

SearchCoordinator::~SearchCoordinator() {
  for (Worker& worker : workers_) {
    if (worker.socket >= 0) close(worker.socket);
  }
}

void SearchCoordinator::start(std::size_t worker) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "no socket for a worker process");
  }
  workers_[worker].socket = ends[0];
  workers_[worker].inbox.emplace(ends[0]);
  workers_[worker].process.emplace([&] {
    close(ends[0]);
    if (interruption_ != nullptr) {
      interruption_->forget();
      // What the terminal sends to all processes is for the one that keeps the tree.
      setpgid(0, 0);
    }
    SocketLink link(ends[1]);
    work(exploration_, states_[worker], &link);
  });
  close(ends[1]);
}

void SearchCoordinator::run(const OnEnd& on_end) {
  // If nothing happens: workers that have died without a word, progress.
  constexpr int kLookAround_ms = 200;
  // Somebody was asked for work, and has none to give. Then others are asked.
  constexpr int kAskAgain_ms = 1;
  for (std::size_t i = 0; i < workers_.size(); ++i) start(i);
  while (std::any_of(workers_.begin(), workers_.end(),
                     [](const Worker& worker) { return worker.is_alive(); })) {
    if (Interruption::has_come()) exploration_.shared.is_interrupted = true;
    if (keeper_.is_over() || exploration_.shared.fails_at != kNever ||
        exploration_.shared.is_interrupted) {
      stop();
    }
    std::size_t asked = 0;
    if (!is_stopped_) {
      give_work();
      asked = ask_for_work();
    }
    show_progress();
    if (checkpoint_ != nullptr && !is_stopped_) save_now_and_then();
    listen(asked > 0 ? kAskAgain_ms : kLookAround_ms, on_end);
  }
}

void SearchCoordinator::give_work() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (keeper_.has_task(i)) {
      if (keeper_.is_ending_round()) want(i, kWantsEnd);
      continue;
    }
    std::optional<Bytes> order = keeper_.give(i);
    if (!order) continue;
    states_[i].wanted = 0;
    send_order(workers_[i].socket, *order);
  }
}

// Returns how many have been asked and not answered.
std::size_t SearchCoordinator::ask_for_work() {
  if (keeper_.is_undivided() || keeper_.is_ending_round() || keeper_.has_reserve()) return 0;
  std::vector<bool> may_give(workers_.size());
  std::size_t asked = 0;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    may_give[i] = (states_[i].wanted.load() & kWantsSplit) == 0;
    if (keeper_.has_task(i) && !may_give[i]) ++asked;
  }
  if (const auto largest = keeper_.largest(may_give)) {
    want(*largest, kWantsSplit);
    ++asked;
  }
  return asked;
}

void SearchCoordinator::want(std::size_t worker, std::uint32_t what) {
  states_[worker].wanted.fetch_or(what);
}

void SearchCoordinator::listen(int timeout_ms, const OnEnd& on_end) {
  std::vector<pollfd> sockets;
  for (const Worker& worker : workers_) {
    sockets.push_back({worker.is_alive() ? worker.socket : -1, POLLIN, 0});
  }
  const int ready = poll(sockets.data(), sockets.size(), timeout_ms);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (!workers_[i].is_alive() || (ready > 0 && sockets[i].revents == 0)) continue;
    take_in(i);
    std::optional<Ending> ending;
    if (workers_[i].inbox->is_closed()) {
      ending = workers_[i].process->wait();
    } else if (ready == 0) {
      ending = workers_[i].process->ending();
      if (ending) take_in(i);
    }
    if (!ending) continue;
    workers_[i].process.reset();
    // It has failed, died or come to a limit; if not, there is nothing left.
    stop();
    on_end(i, *ending);
  }
}

void SearchCoordinator::take_in(std::size_t worker) {
  SearchInbox& inbox = *workers_[worker].inbox;
  while (inbox.read()) {
    SearchMessage kind{};
    std::span<const std::uint8_t> message;
    while (inbox.next(kind, message)) keeper_.receive(worker, kind, message);
  }
}

void SearchCoordinator::show_progress() {
  std::uint64_t executions = keeper_.counts().redundant;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    executions += states_[i].executions;
    if (keeper_.has_task(i)) keeper_.set_share(i, states_[i].share);
  }
  progress_.show(executions, [this] { return keeper_.share(); });
}

// First all are asked how far they have come.
void SearchCoordinator::save_now_and_then() {
  constexpr double kAnswer_s = 0.3;
  const double now_s = seconds_now();
  if (!checkpoint_->is_due(now_s)) return;
  bool is_answered = true;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (!keeper_.has_task(i)) continue;
    if (asked_s_ == 0) want(i, kWantsState);
    is_answered = is_answered && (states_[i].wanted.load() & kWantsState) == 0;
  }
  if (asked_s_ == 0) asked_s_ = now_s;
  // Who is in the middle of a long execution has told before.
  if (!is_answered && now_s < asked_s_ + kAnswer_s) return;
  asked_s_ = 0;
  checkpoint_->save(keeper_);
  checkpoint_->set_due(seconds_now());
}

// Who waits for a task goes; the others see by themselves what there is to see.
void SearchCoordinator::stop() {
  if (is_stopped_) return;
  is_stopped_ = true;
  for (const Worker& worker : workers_) {
    if (worker.is_alive()) shutdown(worker.socket, SHUT_WR);
  }
}

}  // namespace raddle::harness
