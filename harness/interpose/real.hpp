// The system's own functions, behind the ones that raddle defines.
#pragma once

#include <dlfcn.h>

namespace raddle::interpose {

// A pointer resolved at the first call. Not a function-local static: its guard
// is intercepted, too.
template <typename Function>
Function* resolve(Function*& cache, const char* name, const char* version = nullptr) {
  if (cache == nullptr) [[unlikely]] {
    void* found = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : nullptr;
    if (found == nullptr) found = dlsym(RTLD_NEXT, name);
    cache = reinterpret_cast<Function*>(found);
  }
  return cache;
}

}  // namespace raddle::interpose

// RADDLE_REAL(pthread_join)(thread, result): calls what the program would have
// called without raddle.
#define RADDLE_REAL(function)                               \
  ([]() {                                                   \
    static constinit decltype(&::function) cache = nullptr; \
    return ::raddle::interpose::resolve(cache, #function);  \
  }())
// For functions of which glibc keeps an old version that dlsym would find first.
#define RADDLE_REAL_VERSION(function, version)                      \
  ([]() {                                                           \
    static constinit decltype(&::function) cache = nullptr;         \
    return ::raddle::interpose::resolve(cache, #function, version); \
  }())

// The return address of the intercepted call.
#define RADDLE_PC reinterpret_cast<std::uintptr_t>(__builtin_return_address(0))
