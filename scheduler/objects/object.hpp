// The model of a synchronisation object: what the scheduler knows of it within
// one execution. The bytes of the program's own object are not touched.
#pragma once

#include "scheduler/events/ids.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace raddle::scheduler {

// None: memory that was given back; whatever is there next is a new object.
enum class ObjectKind : std::uint8_t {
  None,
  Mutex,
  RwLock,
  Condition,
  Semaphore,
  Barrier,
  Once,
  Futex
};

struct Object {
  std::uintptr_t address{};
  std::uint32_t generation{};  // of the execution it belongs to
  ObjectKind kind{};
  bool is_recursive{};         // Mutex
  bool is_running{};           // Once: somebody runs the initialiser
  ThreadId owner{kNoThread};   // Mutex, RwLock (writer), Once (who runs it)
  std::uint16_t ordinal{};     // order of first use in the execution, from 1
  std::uint32_t depth{};       // Mutex: how often the owner holds it; Semaphore: its count
  std::uint32_t readers{};     // RwLock: read locks held; Barrier: threads that have arrived
  std::uint32_t threshold{};   // Barrier
  std::uint32_t phase{};       // Barrier: how often it has opened
  std::uint64_t reader_ids{};  // RwLock: threads below 64 that hold it for reading
  std::uint32_t askers{};      // threads that have announced something that it may block
};

// Address to Object for the current execution. Starting a new execution costs nothing:
// entries of earlier ones are recognised by their generation.
class ObjectTable {
 public:
  ObjectTable();

  void begin_execution();

  // The object at `address`, fresh if this execution has not seen it as this
  // kind. `is_new` says which. References stay valid for the execution.
  Object& get(std::uintptr_t address, ObjectKind kind, bool& is_new) {
    Object* cached = recent_[hash(address) & (kRecent - 1)];
    if (cached != nullptr && cached->address == address && cached->generation == generation_ &&
        cached->kind == kind) {
      is_new = false;
      return *cached;
    }
    return look_up(address, kind, is_new);
  }

  // The object at `address` if this execution has used it, else null.
  Object* find(std::uintptr_t address);

  // Forgets objects in [low, high): their memory was given back.
  void forget(std::uintptr_t low, std::uintptr_t high);

  template <typename Visit>
  void for_each(Visit visit) {
    for (std::size_t i = 0; i < used_; ++i) {
      if (pool_[i]->kind != ObjectKind::None) visit(*pool_[i]);
    }
  }

 private:
  static constexpr std::size_t kRecent = 64;
  static std::size_t hash(std::uintptr_t address) {
    return static_cast<std::size_t>((address >> 3) * 0x9E3779B97F4A7C15ull >> 40);
  }
  Object& look_up(std::uintptr_t address, ObjectKind kind, bool& is_new);
  void insert(std::uintptr_t address, std::uint32_t pool_index);
  void grow();

  struct Slot {
    std::uintptr_t address = 0;
    std::uint32_t generation = 0;
    std::uint32_t index = 0;  // in pool_
  };

  std::vector<Slot> slots_;                    // open addressing
  std::vector<std::unique_ptr<Object>> pool_;  // reused in every execution
  Object* recent_[kRecent] = {};
  std::size_t used_ = 0;  // of pool_, in this execution
  std::uint32_t generation_ = 1;
};

}  // namespace raddle::scheduler
