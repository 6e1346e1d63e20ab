#include "harness/interpose/instrumented.hpp"

#include <algorithm>
#include <link.h>

namespace raddle::interpose {
namespace {

struct Range {
  std::uintptr_t low, high;
};

// Plain arrays: this runs before static constructors have.
constexpr int kModulesMax = 64;
constinit Range ranges[kModulesMax] = {};
constinit int count = 0;

struct Search {
  std::uintptr_t pc;
  Range found;
};

int look_at(dl_phdr_info* info, std::size_t, void* argument) {
  auto& search = *static_cast<Search*>(argument);
  Range range{~std::uintptr_t{0}, 0};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    const std::uintptr_t low = info->dlpi_addr + header.p_vaddr;
    range.low = std::min(range.low, low);
    range.high = std::max(range.high, low + header.p_memsz);
  }
  if (search.pc < range.low || search.pc >= range.high) return 0;
  search.found = range;
  return 1;
}

}  // namespace

void note_instrumented_module(std::uintptr_t pc) {
  if (is_instrumented(pc) || count == kModulesMax) return;
  Search search{pc, {}};
  if (dl_iterate_phdr(look_at, &search) != 0) ranges[count++] = search.found;
}

bool any_instrumented_module() { return count != 0; }

bool is_instrumented(std::uintptr_t pc) {
  for (int i = 0; i < count; ++i) {
    if (pc >= ranges[i].low && pc < ranges[i].high) return true;
  }
  return false;
}

}  // namespace raddle::interpose
