// Names for memory: globals, statics, locals of threads under test, members of
// heap objects, mutexes and their like.
#pragma once

#include "harness/report/debug_info.hpp"
#include "harness/report/stacks.hpp"
#include "harness/report/types.hpp"
#include "scheduler/events/trace.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raddle::report {

// What a report calls an object, and what it says about it.
struct MemoryName {
  std::string name;       // "Account::balance_", "account.mutex_", "table[3].count", "mutex M1"
  std::string full_name;  // with its namespaces: "bank::Account::balance_"
  std::string cell;       // for table cells: "balance_", if that is clear
  std::string type;       // "int", "std::mutex"; empty if unknown
  std::string place;  // "local variable of `transfer`", "in a heap block of 24 bytes allocated ..."
  std::uint64_t size{};
  std::optional<Dwarf_Die> scalar;
};

// Two passes: first note() every object that the report will speak of, then ask
// for names. Only with all of them known can one be called `Account::mutex_` if
// it is the only one, and `alice.mutex_` if there is also `bob.mutex_`; and only
// then is it known whether a name is clear without its namespaces.
class Memory {
 public:
  // All must outlive this.
  Memory(DebugInfo& info, Symbols& symbols, Stacks& stacks, const scheduler::Trace& trace);

  static constexpr std::uint64_t kWholeBlock = ~std::uint64_t{0};

  // `size`: bytes accessed, 0 for a synchronisation object, kWholeBlock for a block
  // of the heap that is allocated or freed. `at_event`: the index of
  // an event that has to do with it, whose moment and thread say what is alive.
  void note(std::uintptr_t address, std::uint64_t size, std::size_t at_event);

  // The name of an object that was noted; never a raw address.
  const MemoryName& name(std::uintptr_t address, std::uint64_t size);

  // The value of such an object: "20", "true", "null", and "P1", "P2", ... for pointers.
  std::string value(std::uint64_t value, std::uint64_t size, const MemoryName& object);

 private:
  using Key = std::pair<std::uintptr_t, std::uint64_t>;
  struct Noted {
    MemoryName result;
    std::string by_member;    // "Account::balance_"; empty if not accessed through `this`
    std::string by_variable;  // "account.balance_"; for the heap "Account::balance_"
    std::size_t order{};
  };

  Noted look_up(std::uintptr_t address, std::uint64_t size, std::size_t at_event);
  bool look_up_global(Noted& noted, std::uintptr_t address, std::uint64_t size);
  bool look_up_local(Noted& noted, std::uintptr_t address, std::uint64_t size,
                     std::size_t at_event);
  bool look_up_heap(Noted& noted, std::uintptr_t address, std::uint64_t size, std::size_t at_event);
  void set_variable(Noted& noted, const std::string& base, Dwarf_Die type, std::uint64_t offset,
                    std::uint64_t size);
  std::vector<OpenCall> calls_of(scheduler::ThreadId thread, std::size_t at_event) const;
  std::vector<Dwarf_Die> this_classes(const scheduler::TraceEvent& entry);
  std::optional<Dwarf_Die> class_of_block(const scheduler::Event& allocation,
                                          std::uint32_t allocation_stack, std::uint64_t& header);
  void settle();
  void shorten_names();

  DebugInfo& info_;
  Symbols& symbols_;
  Stacks& stacks_;
  const scheduler::Trace& trace_;
  std::map<Key, Noted> noted_;
  std::map<std::string, int> letters_;
  std::map<std::uint64_t, int> pointers_;
  std::map<std::uintptr_t, std::string> blocks_;
  bool is_settled_ = false;
};

}  // namespace raddle::report
