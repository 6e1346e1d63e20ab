// What the processes of one exploration share.
#pragma once

#include "harness/failure.hpp"
#include "harness/untold_exchanges.hpp"
#include "harness/visible_places.hpp"
#include "scheduler/schedule.hpp"
#include "scheduler/strategies/strategy.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <new>
#include <sys/mman.h>
#include <system_error>

namespace raddle::harness {

inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// An execution that failed, and the schedule that it followed.
struct FailedExecution {
  static constexpr std::uint32_t kDeviationsMax = 1 << 18;

  std::uint64_t execution{};  // its number, from 0
  Failure failure{};
  std::uint64_t steps{};
  std::uint32_t event_hash{};
  std::uint32_t deviation_count{};  // more than kDeviationsMax: the schedule is too long to keep
  scheduler::Deviation deviations[kDeviationsMax]{};

  bool is_complete() const { return deviation_count <= kDeviationsMax; }
  scheduler::Schedule schedule() const {
    return {steps,
            event_hash,
            {deviations,
             deviations + (deviation_count < kDeviationsMax ? deviation_count : kDeviationsMax)}};
  }
};

// One worker process. Written by it, read by the parent after its end, whatever
// that end was.
struct WorkerState {
  std::atomic<std::uint64_t> running;  // number of the execution that is running; kNever: none
  std::uint64_t executions;
  std::uint64_t decisions_min, decisions_max, decisions_sum;
  bool is_over;  // it came to its end; else the process died
  bool has_failed;
  bool has_race;  // OnRace::Explore: a race that did not end the exploration
  bool was_not_instrumented;
  // Of a search: how many executions turned out, on the way, to be no others than some before; how
  // much of its task it has explored; and what it is asked for (see search_link.hpp).
  std::uint64_t redundant;
  double share;
  scheduler::SizeEstimate estimate;
  UntoldExchanges untold_exchanges;
  std::atomic<std::uint32_t> wanted;
  FailedExecution failed;  // the log of the running execution is kept here, too
  FailedExecution race;
};

struct SharedState {
  std::atomic<std::uint64_t> next;       // the next execution that nobody has taken
  std::atomic<std::uint64_t> completed;  // executions that are over
  std::atomic<std::uint64_t> fails_at;   // lowest number of a failing one; kNever
  std::atomic<bool> out_of_time;
  std::atomic<bool> is_interrupted;  // by a signal: what has been explored is to be saved
  VisiblePlaces::Shared visible;
};

// Zeroed memory that child processes share, for one T. Throws std::system_error.
template <typename T>
class Shared {
 public:
  explicit Shared(std::size_t count = 1) : count_(count) {
    void* memory = mmap(nullptr, sizeof(T) * count, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      throw std::system_error(errno, std::generic_category(),
                              "no memory to share between worker processes");
    }
    memory_ = static_cast<T*>(memory);  // all zero is a valid state of every T used here
  }
  ~Shared() { munmap(memory_, sizeof(T) * count_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T& operator*() { return *memory_; }
  T* operator->() { return memory_; }
  T& operator[](std::size_t i) { return memory_[i]; }

 private:
  std::size_t count_;
  T* memory_;
};

}  // namespace raddle::harness
