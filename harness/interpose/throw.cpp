// Where exceptions come from, for the reports of those that nobody catches.

#include "harness/interpose/caller.hpp"

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;

// The second is a std::type_info*; GCC, which knows the function by itself, takes it for a void*.
using Throw = void(void*, void*, void (*)(void*));

}  // namespace

extern "C" __attribute__((visibility("default"))) void __cxa_throw(void* exception, void* type,
                                                                   void (*destroy)(void*)) {
  if (current_thread != nullptr && runtime->recorder() != nullptr) {
    runtime->recorder()->on_throw(*current_thread, RADDLE_CALLER);
  }
  static constinit Throw* cache = nullptr;
  raddle::interpose::resolve(cache, "__cxa_throw")(exception, type, destroy);
  __builtin_unreachable();
}
