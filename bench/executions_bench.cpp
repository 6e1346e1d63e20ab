// Executions per second, all detectors on, on one core, beside Relacy and
// beside the floor: creating fibers and switching to them, and nothing else.
#include "bench/explorations.hpp"
#include "bench/programs.hpp"
#include "scheduler/fiber.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

namespace raddle::bench {
namespace {

// Starting an exploration costs milliseconds; per execution it must not be seen.
constexpr std::uint64_t kExecutions = 200'000;

void count(benchmark::State& state, std::uint64_t executions) {
  state.SetItemsProcessed(static_cast<std::int64_t>(executions) * state.iterations());
}

// What an execution with as many threads cannot do without: each fiber begins anew,
// is switched to, and comes back.
class Floor {
 public:
  explicit Floor(std::size_t fibers) {
    for (std::size_t i = 0; i < fibers; ++i) {
      fibers_.push_back(std::make_unique<Member>(*this));
    }
  }
  void run() {
    for (auto& member : fibers_) {
      member->fiber.restart();
      scheduler::Fiber::switch_to(main_, member->fiber);
    }
  }

 private:
  struct Member {
    explicit Member(Floor& owner) : floor(owner), fiber(64 * 1024, &Member::main, this) {}
    static void main(void* self) {
      auto& member = *static_cast<Member*>(self);
      for (;;) scheduler::Fiber::switch_to(member.fiber, member.floor.main_);
    }
    Floor& floor;
    scheduler::Fiber fiber;
  };
  scheduler::Fiber main_;
  std::vector<std::unique_ptr<Member>> fibers_;
};

[[maybe_unused]] const bool registered = [] {
  for (const Program& program : kPrograms) {
    benchmark::RegisterBenchmark(("raddle/" + std::string(program.name)).c_str(),
                                 [body = program.body](benchmark::State& state) {
                                   for (auto _ : state) explore_at_random(body, kExecutions);
                                   count(state, kExecutions);
                                 });
    benchmark::RegisterBenchmark(("relacy/" + std::string(program.name)).c_str(),
                                 [run = program.relacy](benchmark::State& state) {
                                   for (auto _ : state) run(kExecutions);
                                   count(state, kExecutions);
                                 });
  }
  benchmark::RegisterBenchmark("raddle/two_threads", [](benchmark::State& state) {
    for (auto _ : state) explore_at_random(two_threads, kExecutions);
    count(state, kExecutions);
  });
  benchmark::RegisterBenchmark("floor/fibers", [](benchmark::State& state) {
    Floor floor(3);  // the body's own, and two
    for (auto _ : state) {
      for (std::uint64_t i = 0; i < kExecutions; ++i) floor.run();
    }
    count(state, kExecutions);
  });
  return true;
}();

}  // namespace
}  // namespace raddle::bench
