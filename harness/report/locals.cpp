#include "harness/report/locals.hpp"

#include "harness/report/types.hpp"

#include <cstdlib>
#include <sys/uio.h>
#include <unistd.h>

namespace raddle::report {
namespace {

// x86-64 register numbers in DWARF.
constexpr unsigned kRbp = 6;
constexpr unsigned kRsp = 7;

struct FrameState {
  std::uintptr_t cfa{};
  std::optional<std::uintptr_t> rsp;
  std::optional<std::uintptr_t> base;  // what DW_OP_fbreg counts from

  // The frame pointer was pushed right below the return address.
  std::uintptr_t rbp() const { return cfa - 16; }
};

// A stack may be gone by now; the kernel says so instead of a signal.
std::optional<std::uintptr_t> read_word(std::uintptr_t address) {
  std::uintptr_t word = 0;
  const iovec to{&word, sizeof word};
  const iovec from{reinterpret_cast<void*>(address), sizeof word};
  if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof word) return std::nullopt;
  return word;
}

std::uintptr_t offset_by(std::uintptr_t base, Dwarf_Word offset) {
  return base + static_cast<std::uintptr_t>(offset);
}

// The stack pointer, if the unwind table derives the frame address from it.
std::optional<std::uintptr_t> stack_pointer(const CodePlace& place, std::uintptr_t cfa) {
  Dwarf_Addr bias = 0;
  Dwarf_CFI* cfi = dwfl_module_eh_cfi(place.module, &bias);
  Dwarf_Frame* frame = nullptr;
  if (cfi == nullptr || dwarf_cfi_addrframe(cfi, place.address, &frame) != 0) return std::nullopt;
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  std::optional<std::uintptr_t> rsp;
  if (dwarf_frame_cfa(frame, &ops, &count) == 0 && count == 1) {
    if (ops[0].atom == DW_OP_bregx && ops[0].number == kRsp) rsp = cfa - ops[0].number2;
    if (ops[0].atom == DW_OP_breg0 + kRsp) rsp = cfa - ops[0].number;
  }
  std::free(frame);
  return rsp;
}

std::optional<std::uintptr_t> frame_base(const CodePlace& place, const FrameState& state) {
  Dwarf_Die function = place.function;
  Dwarf_Attribute attribute;
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_attr_integrate(&function, DW_AT_frame_base, &attribute) == nullptr) return std::nullopt;
  if (dwarf_getlocation_addr(&attribute, place.address, &ops, &count, 1) != 1 || count == 0) {
    return std::nullopt;
  }
  switch (ops[0].atom) {
    case DW_OP_call_frame_cfa: return state.cfa;
    case DW_OP_reg0 + kRbp: return state.rbp();
    case DW_OP_breg0 + kRbp: return offset_by(state.rbp(), ops[0].number);
    case DW_OP_reg0 + kRsp: return state.rsp;
    default: return std::nullopt;
  }
}

std::optional<std::uintptr_t> evaluate(const Dwarf_Op* ops, std::size_t count,
                                       const FrameState& state) {
  std::optional<std::uintptr_t> value;
  for (std::size_t i = 0; i < count; ++i) {
    const Dwarf_Op& op = ops[i];
    if (op.atom == DW_OP_fbreg && state.base) {
      value = offset_by(*state.base, op.number);
    } else if (op.atom == DW_OP_breg0 + kRbp) {
      value = offset_by(state.rbp(), op.number);
    } else if (op.atom == DW_OP_breg0 + kRsp && state.rsp) {
      value = offset_by(*state.rsp, op.number);
    } else if (op.atom == DW_OP_plus_uconst && value) {
      value = *value + op.number;
    } else if (op.atom == DW_OP_deref && value) {
      value = read_word(*value);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

// Where a variable lives at `place`, or, when the table has nothing for that
// very instruction, anywhere in the function.
std::optional<std::uintptr_t> location(Dwarf_Die variable, const CodePlace& place,
                                       const FrameState& state) {
  Dwarf_Attribute attribute;
  if (dwarf_attr(&variable, DW_AT_location, &attribute) == nullptr) return std::nullopt;
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_getlocation_addr(&attribute, place.address, &ops, &count, 1) == 1) {
    if (const auto here = evaluate(ops, count, state)) return here;
  }
  Dwarf_Addr base = 0, low = 0, high = 0;
  std::ptrdiff_t offset = 0;
  while ((offset = dwarf_getlocations(&attribute, offset, &base, &low, &high, &ops, &count)) > 0) {
    if (const auto there = evaluate(ops, count, state)) return there;
  }
  return std::nullopt;
}

class Search {
 public:
  Search(DebugInfo& info, const CodePlace& place, const FrameState& state, std::uintptr_t address)
      : info_(info), place_(place), state_(state), address_(address) {}

  void in(Dwarf_Die scope, bool is_open) {
    for (Dwarf_Die child : die_children(scope)) {
      switch (dwarf_tag(&child)) {
        case DW_TAG_variable:
        case DW_TAG_formal_parameter: consider(child, is_open); break;
        case DW_TAG_lexical_block:
        case DW_TAG_inlined_subroutine:
          in(child, is_open && dwarf_haspc(&child, place_.address) > 0);
          break;
        default: break;
      }
    }
  }

  std::optional<LocalVariable> found;

 private:
  void consider(Dwarf_Die variable, bool is_open) {
    if (found && (found_is_open_ || !is_open)) return;
    const std::optional<Dwarf_Die> type = plain_type(variable);
    const std::string name = die_name(variable);
    if (!type || name.empty()) return;
    Dwarf_Die complete = info_.complete(*type);
    Dwarf_Word size = 0;
    if (dwarf_aggregate_size(&complete, &size) != 0) return;
    const std::optional<std::uintptr_t> at = location(variable, place_, state_);
    if (!at || address_ < *at || address_ >= *at + size) return;
    found = LocalVariable{name, complete, *at};
    found_is_open_ = is_open;
  }

  DebugInfo& info_;
  const CodePlace& place_;
  const FrameState& state_;
  std::uintptr_t address_;
  bool found_is_open_ = false;
};

}  // namespace

std::optional<LocalVariable> local_at(DebugInfo& info, const OpenCall& call,
                                      std::uintptr_t address) {
  if (call.frame == 0 || call.pc == 0) return std::nullopt;
  const std::optional<CodePlace> place = info.place(call.pc);
  if (!place) return std::nullopt;
  FrameState state{.cfa = call.frame, .rsp = {}, .base = {}};
  state.rsp = stack_pointer(*place, call.frame);
  state.base = frame_base(*place, state);
  Search search(info, *place, state, address);
  search.in(place->function, true);
  return search.found;
}

}  // namespace raddle::report
