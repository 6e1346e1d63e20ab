#include "harness/report/captures.hpp"

#include "harness/report/types.hpp"

#include <algorithm>
#include <vector>

namespace raddle::report {
namespace {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::TraceEvent;

struct Capture {
  std::string name;
  std::uint64_t offset;  // of the reference in the closure
  Dwarf_Die type;        // of what it refers to
  std::uint64_t size;
};

// The references that the lambda holds whose code `return_address` lies in.
std::vector<Capture> captures_of(DebugInfo& info, Symbols& symbols, std::uintptr_t return_address) {
  std::vector<Capture> captures;
  const std::vector<Dwarf_Die> functions = symbols.functions(return_address);
  if (functions.empty()) return captures;
  const std::optional<Dwarf_Die> closure = class_of_this(functions.front());
  if (!closure || !is_closure(*closure)) return captures;
  for (Dwarf_Die member : die_children(*closure)) {
    if (dwarf_tag(&member) != DW_TAG_member) continue;
    const std::optional<Dwarf_Die> reference = plain_type(member);
    Dwarf_Die die = reference.value_or(Dwarf_Die{});
    if (!reference || dwarf_tag(&die) != DW_TAG_reference_type) continue;
    const std::optional<Dwarf_Die> target = plain_type(die);
    if (!target) continue;
    Capture capture{die_name(member), die_number(member, DW_AT_data_member_location).value_or(0),
                    info.complete(*target), 0};
    Dwarf_Word size = 0;
    if (dwarf_aggregate_size(&capture.type, &size) != 0) continue;
    capture.size = size;
    if (capture.name.starts_with("__")) capture.name.erase(0, 2);  // GCC's way
    captures.push_back(std::move(capture));
  }
  return captures;
}

// Whether the other references that the same call read lie where they must if
// `read` was of `capture`.
bool is_consistent(const scheduler::Trace& trace, const TraceEvent& read, const Capture& capture,
                   const std::vector<Capture>& all) {
  const std::uintptr_t closure = read.event.address - capture.offset;
  const std::uint64_t reach = 8 * all.size();
  return std::all_of(trace.events.begin(), trace.events.end(), [&](const TraceEvent& other) {
    const bool is_of_closure = other.stack == read.stack && other.event.kind == EventKind::Read &&
                               other.event.thread == read.event.thread && other.event.size == 8 &&
                               other.event.address + reach > read.event.address &&
                               other.event.address < read.event.address + reach;
    return !is_of_closure || std::any_of(all.begin(), all.end(), [&](const Capture& c) {
      return closure + c.offset == other.event.address;
    });
  });
}

}  // namespace

std::optional<LocalVariable> captured_at(DebugInfo& info, Symbols& symbols,
                                         const scheduler::Trace& trace, std::uintptr_t address) {
  constexpr std::uint64_t kLargest = 1 << 16;  // a variable on a stack
  for (const TraceEvent& entry : trace.events) {
    const Event& event = entry.event;
    if (event.kind != EventKind::Read || event.size != 8) continue;
    if (event.value > address || address - event.value >= kLargest) continue;
    const std::vector<Capture> captures = captures_of(info, symbols, event.pc);
    const Capture* found = nullptr;
    for (const Capture& capture : captures) {
      if (address - event.value >= capture.size) continue;
      if (!is_consistent(trace, entry, capture, captures)) continue;
      if (found != nullptr) {
        found = nullptr;  // could be either: rather none than a wrong one
        break;
      }
      found = &capture;
    }
    if (found != nullptr) return LocalVariable{found->name, found->type, event.value};
  }
  return std::nullopt;
}

}  // namespace raddle::report
