// Where exceptions come from, for the reports of those that nobody catches.

#include "harness/interpose/caller.hpp"

#include <typeinfo>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;

using Throw = void(void*, std::type_info*, void (*)(void*));

}  // namespace

extern "C" __attribute__((visibility("default"))) void __cxa_throw(void* exception,
                                                                   std::type_info* type,
                                                                   void (*destroy)(void*)) {
  if (current_thread != nullptr && runtime->recorder() != nullptr) {
    runtime->recorder()->on_throw(*current_thread, RADDLE_CALLER);
  }
  static constinit Throw* cache = nullptr;
  raddle::interpose::resolve(cache, "__cxa_throw")(exception, type, destroy);
  __builtin_unreachable();
}
