// Explores one test with several worker processes that search.
#pragma once

#include "harness/checkpoint.hpp"
#include "harness/processes.hpp"
#include "harness/progress.hpp"
#include "harness/search_keeper.hpp"
#include "harness/worker.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace raddle::harness {

class SearchCoordinator {
 public:
  using OnEnd = std::function<void(std::size_t worker, const Ending& ending)>;

  // `checkpoint` and `interruption` may be null.
  SearchCoordinator(const Exploration& exploration, SearchKeeper& keeper,
                    Shared<WorkerState>& states, std::size_t workers, Checkpoint* checkpoint,
                    Interruption* interruption);
  ~SearchCoordinator();
  SearchCoordinator(const SearchCoordinator&) = delete;
  SearchCoordinator& operator=(const SearchCoordinator&) = delete;

  // Until all workers have ended, because there is nothing more to explore, a limit was reached,
  // or one of them has failed or died. `on_end` is told of each.
  void run(const OnEnd& on_end);

 private:
  struct Worker {
    int socket = -1;
    std::optional<Process> process;
    std::optional<SearchInbox> inbox;

    bool is_alive() const { return process.has_value(); }
  };

  void start(std::size_t worker);
  void give_work();
  std::size_t ask_for_work();
  void want(std::size_t worker, std::uint32_t what);
  void listen(int timeout_ms, const OnEnd& on_end);
  void take_in(std::size_t worker);
  void show_progress();
  void save_now_and_then();
  void stop();

  const Exploration& exploration_;
  SearchKeeper& keeper_;
  Shared<WorkerState>& states_;
  Checkpoint* checkpoint_;
  Interruption* interruption_;
  double asked_s_ = 0;  // when states were asked for, to be saved; 0: they were not
  std::vector<Worker> workers_;
  Progress progress_;
  bool is_stopped_ = false;
};

}  // namespace raddle::harness
