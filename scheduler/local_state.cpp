#include "scheduler/local_state.hpp"

#include "scheduler/engine.hpp"

#include <unwind.h>

namespace raddle::scheduler {
namespace {

// Two multiplicative hashes side by side, with different odd factors.
class Hasher {
 public:
  void add(std::uint64_t word) {
    low_ = (low_ ^ word) * 0x9E3779B97F4A7C15ull;
    low_ ^= low_ >> 32;
    high_ = (high_ + word) * 0xD6E8FEB86659FD93ull;
    high_ ^= high_ >> 29;
  }
  Digest digest() const { return {low_, high_}; }

 private:
  std::uint64_t low_ = 0x243F6A8885A308D3ull, high_ = 0x13198A2E03707344ull;
};

struct Search {
  std::uintptr_t pc;
  Host& host;
  std::uintptr_t frame = 0;  // where the stack of the function ends that made the call
  Hasher hasher{};
};

_Unwind_Reason_Code look(_Unwind_Context* context, void* argument) {
  auto& search = *static_cast<Search*>(argument);
  if (_Unwind_GetIP(context) != search.pc) return _URC_NO_REASON;
  search.frame = _Unwind_GetCFA(context);
  // rbx, rbp, r12 to r15, by their numbers in DWARF.
  for (const int number : {3, 6, 12, 13, 14, 15}) {
    search.hasher.add(search.host.stable_word(_Unwind_GetGR(context, number)));
  }
  return _URC_NORMAL_STOP;
}

}  // namespace

std::optional<Digest> digest_of_local_state(std::uintptr_t pc, std::uintptr_t stack_end,
                                            Host& host) {
  Search search{pc, host};
  _Unwind_Backtrace(&look, &search);
  if (search.frame == 0 || search.frame >= stack_end) return {};
  search.hasher.add(pc);
  search.hasher.add(stack_end - search.frame);
  for (std::uintptr_t at = search.frame; at + 8 <= stack_end; at += 8) {
    search.hasher.add(host.stable_word(*reinterpret_cast<const std::uint64_t*>(at)));
  }
  return search.hasher.digest();
}

}  // namespace raddle::scheduler
