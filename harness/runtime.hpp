// What stands behind the intercepted calls: the engine, the detectors and the
// heap of the exploration that is going on.
#pragma once

#include "detectors/happens_before.hpp"
#include "detectors/mutex_misuse.hpp"
#include "harness/failure.hpp"
#include "harness/interpose/arena.hpp"
#include "harness/recorder.hpp"
#include "harness/untold_exchanges.hpp"
#include "harness/visible_places.hpp"
#include "scheduler/engine.hpp"
#include <raddle/raddle.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace raddle::harness {

// Thrown by pthread_exit, caught at the bottom of the thread.
struct ThreadExit {
  void* result;
};

// How one execution is to be run.
struct ExecutionPlan {
  scheduler::Strategy* strategy = nullptr;
  scheduler::ScheduleLog log;
  Recorder* recorder = nullptr;  // null: the fast way
  bool is_replay = false;        // the strategy wants a say at plain accesses
};

class Runtime final : public scheduler::Observer, public scheduler::Host {
 public:
  Runtime(const Options& options, VisiblePlaces& visible);
  ~Runtime() override;

  // Runs the body once. Afterwards failure() says what went wrong, if anything did.
  scheduler::End run(const std::function<void()>& body, const ExecutionPlan& plan);
  const Failure* failure() const { return has_failure_ ? &failure_ : nullptr; }
  // OnRace::Explore: the first race of the last execution, which did not end it.
  const Failure* race() const { return has_race_ ? &race_ : nullptr; }
  bool saw_instrumented_code() const { return saw_instrumented_code_; }

  // --- For the interposers, on threads under test. ---

  scheduler::Engine engine;
  detectors::HappensBefore races;

  // `changes` is false for a write of the value that is there already and that must
  // not be taken for a race with a read.
  void access(scheduler::Thread& self, std::uintptr_t address, std::uint32_t size, bool is_write,
              std::uintptr_t pc, bool changes = true);
  // The same where the size is known to the compiler.
  template <bool kIsWrite, std::uint32_t kSize>
  [[gnu::always_inline]] void access(scheduler::Thread& self, std::uintptr_t address,
                                     std::uintptr_t pc) {
    if (self.events + 1 < self.attention) [[likely]] {
      if constexpr (kSize <= 8) {
        constexpr std::uint64_t kBytes = (std::uint64_t{1} << kSize) - 1;
        if (kIsWrite ? races.write_at_once(self.id, address, kBytes)
                     : races.read_at_once(self.id, address, kBytes)) [[likely]] {
          ++self.events;
          return;
        }
      }
    }
    access(self, address, kSize, kIsWrite, pc);
  }

  // Allocations, frees, annotations: seen by detectors, not scheduling points.
  void note(scheduler::Thread& self, scheduler::EventKind kind, std::uintptr_t address,
            std::uint64_t extra, std::uintptr_t pc, std::uint32_t size = 0);

  void on_event(const scheduler::Event& event) override;
  void run(scheduler::Thread& thread) override;
  std::uintptr_t stable_name(std::uintptr_t address) override;
  std::uint64_t stable_word(std::uint64_t word) override;

  // Whether anybody wants to know of allocations, and that there was one.
  bool wants_allocations() const { return recorder_ != nullptr || engine.is_watched(); }
  void on_allocation(scheduler::Thread& self, void* block, std::size_t size, std::uintptr_t pc);

  // A compare-exchange that could have failed if it is a weak one, which its caller does not say.
  void note_untold_exchange(std::uintptr_t pc);
  const UntoldExchanges& untold_exchanges() const { return untold_exchanges_; }

  Recorder* recorder() { return recorder_; }
  void note_instrumented_code() { saw_instrumented_code_ = true; }

  // What `self` does from here on orders nothing for the detectors, until it does again.
  // Begin and End may nest; one End too many is nothing.
  void ignore_sync(scheduler::Thread& self, bool begins);

  // Ends the execution with a failure of the program under test.
  [[noreturn]] void fail(FindingKind kind, std::string_view message, std::uintptr_t pc = 0,
                         const char* file = nullptr, int line = 0);
  // Notes it and lets the execution go on, as EXPECT_* does. The first one counts.
  void note_failure(FindingKind kind, std::string_view message, std::uintptr_t pc = 0,
                    const char* file = nullptr, int line = 0);
  // From a signal handler, with the failure already filled in.
  [[noreturn]] void fail_from_signal(const Failure& failure);

 private:
  void access_watched(scheduler::Thread& self, std::uintptr_t address, std::uint32_t size,
                      bool is_write, std::uintptr_t pc);
  void on_race(scheduler::Thread& self);
  void on_problem(const detectors::Problem& problem);
  void check_stop();
  bool orders_nothing(const scheduler::Event& event);

  const Options& options_;
  VisiblePlaces& visible_;
  detectors::MutexMisuse misuse_;
  Recorder* recorder_ = nullptr;
  const std::function<void()>* body_ = nullptr;
  bool all_accesses_visible_ = false;
  bool some_accesses_visible_ = false;
  bool is_replay_ = false;
  bool has_failure_ = false;
  bool has_race_ = false;
  bool stop_at_next_event_ = false;
  bool is_sync_ignored_ = false;         // by some thread, in this execution
  bool looks_closer_at_events_ = false;  // either of them
  bool saw_instrumented_code_ = false;
  Failure failure_;
  Failure race_;
  UntoldExchanges untold_exchanges_{};

  // Where a strategy searches: the blocks of this execution, which lie one behind the other,
  // and how many each thread has allocated.
  struct NamedBlock {
    std::uintptr_t begin;
    std::uint32_t thread, number;
  };
  std::vector<NamedBlock> named_blocks_;
  std::vector<std::uint32_t> blocks_of_;
};

// The one runtime that is exploring in this process, or null.
extern constinit Runtime* runtime;

// On a thread under test: code that is nobody's looks at the clock, and must see the virtual one.
extern constinit thread_local bool is_on_virtual_clock __attribute__((tls_model("initial-exec")));

// The heap of threads under test. Not part of Runtime: blocks can outlive an exploration.
extern constinit interpose::Arena arena;

using scheduler::RuntimeScope;

// Work to be done when an execution is over: statics that it constructed are
// destroyed, half-done initialisers forgotten. Defined by interpose/once.cpp.
void run_static_destructors();
void reset_statics();
// Tells the detector what the program called benign before any execution. Defined by
// interpose/annotations.cpp.
void mute_benign_races(detectors::HappensBefore& races);
// The destructors of pthread keys of the calling thread. Defined by interpose/threads.cpp.
void run_key_destructors();
// Its values of all keys become null, and no destructor is called.
void forget_key_values();

}  // namespace raddle::harness
