#include "harness/interpose/caller.hpp"

#include <unwind.h>

namespace raddle::interpose {
namespace {

constexpr int kDeepest = 128;

struct Search {
  std::uintptr_t from;
  std::uintptr_t found;
  int depth;
  bool is_past_runtime;  // the frames of the runtime lie below the call to `from`
};

_Unwind_Reason_Code look_at(_Unwind_Context* context, void* argument) {
  auto& search = *static_cast<Search*>(argument);
  const std::uintptr_t pc = _Unwind_GetIP(context);
  if (!search.is_past_runtime) {
    search.is_past_runtime = pc == search.from;
  } else if (is_instrumented(pc)) {
    search.found = pc;
    return _URC_NORMAL_STOP;
  }
  return ++search.depth < kDeepest ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

}  // namespace

std::uintptr_t find_caller(std::uintptr_t pc) {
  const scheduler::RuntimeScope scope;
  Search search{pc, pc, 0, false};
  _Unwind_Backtrace(look_at, &search);
  return search.found;
}

}  // namespace raddle::interpose
