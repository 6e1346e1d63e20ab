#pragma once

#include "scheduler/strategies/exhaustive/history.hpp"
#include "scheduler/strategies/generator.hpp"
#include "scheduler/strategies/strategy.hpp"

#include <bit>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace raddle::scheduler {

// How many executions would `exhaustive` need? Walks at random down a tree that has one leaf for
// each Mazurkiewicz trace, and beside them paths that end early: at each state all threads that
// could go on and are not asleep (sleep sets: Godefroid, 1996). The product of the numbers of
// branches on the way to a leaf, and 0 for a path that ends early, has the number of leaves as its
// mean (Knuth, 1975). Threads that share nothing with the others that anybody writes are let on at
// once: so it was in the executions before, and what is learned in the first ones is not counted.
class Estimate final : public Strategy {
 public:
  explicit Estimate(std::uint64_t seed) : seed_(seed) {}

  void begin(std::uint64_t number) override;
  ThreadId choose_thread(const SchedulingPoint& point) override;
  std::size_t choose_value(const ValueChoice& choice) override;
  bool watches() const override { return true; }
  void on_event(const Event& event) override;
  void on_wake(ThreadId sleeper) override;
  void on_clock() override;
  SizeEstimate estimate() override;

 private:
  // Executions that only show what is shared.
  static constexpr std::uint64_t kWarmUp = 16;

  struct Sleeper {
    ThreadId thread;
    std::vector<Access> accesses;
  };
  // An object, and by whom it has been used.
  struct Users {
    ThreadId first{kNoThread};
    bool has_others = false, is_written = false;
    std::vector<ThreadId> all;
  };

  struct Key {
    std::uint64_t address;
    ObjectClass object;
    bool operator==(const Key&) const = default;
  };
  // Of memory its first byte: what overlaps in part only is taken for two objects.
  static Key key_of(const Access& access) {
    return {access.address + static_cast<std::uint64_t>(std::countr_zero(access.bytes)),
            access.object};
  }

  void conclude();
  void finish_step();
  void learn(ThreadId thread, const Access& access);
  bool is_contested(std::span<const Access> accesses) const;
  std::size_t group_of(ThreadId thread) const;
  bool is_asleep(ThreadId thread) const;

  std::uint64_t seed_;
  Generator generator_;
  std::uint64_t walks_ = 0;
  bool is_running_ = false;
  double weight_ = 1;  // of the running execution
  SizeEstimate estimate_;
  History history_;
  std::vector<Sleeper> asleep_;
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return (key.address + static_cast<std::uint64_t>(key.object)) * 0x9E3779B97F4A7C15ull >> 16;
    }
  };
  std::unordered_map<Key, Users, Hash> objects_;
  std::unordered_map<std::uintptr_t, std::uint32_t> sizes_;  // bytes, by what accesses memory
  std::vector<std::size_t> groups_;  // by thread: those that share something are in the same one
  std::vector<ThreadId> candidates_;
  std::vector<std::vector<Access>> announced_;  // of the candidates
};

}  // namespace raddle::scheduler
