// Boost.Fiber's own functions, behind the ones that raddle defines in their place.
#pragma once

#include "harness/interpose/real.hpp"

// RADDLE_BOOST("_ZN5boost6fibers5mutex4lockEv", void(boost::fibers::mutex*))(this): calls the
// member function of that mangled name in the library. Member functions take
// their object as the first argument (Itanium C++ ABI).
#define RADDLE_BOOST(mangled, ...)                       \
  ([]() {                                                \
    using Function = __VA_ARGS__;                        \
    static constinit Function* cache = nullptr;          \
    return ::raddle::interpose::resolve(cache, mangled); \
  }())
