// Where exceptions come from, for the reports of those that nobody catches.

#include "harness/interpose/caller.hpp"

#include <typeinfo>

namespace {

using raddle::harness::runtime;
using raddle::scheduler::current_thread;

// GCC knows the function by itself, and takes its second argument for a void*.
#ifdef __clang__
using Type = std::type_info;
#else
using Type = void;
#endif
using Throw = void(void*, Type*, void (*)(void*));

}  // namespace

extern "C" __attribute__((visibility("default"))) void __cxa_throw(void* exception, Type* type,
                                                                   void (*destroy)(void*)) {
  if (current_thread != nullptr && runtime->recorder() != nullptr) {
    runtime->recorder()->on_throw(*current_thread, RADDLE_CALLER);
  }
  static constinit Throw* cache = nullptr;
  raddle::interpose::resolve(cache, "__cxa_throw")(exception, type, destroy);
  __builtin_unreachable();
}
