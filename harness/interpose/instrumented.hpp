#pragma once

#include <cstdint>

namespace raddle::interpose {

// Modules (the executable, shared objects) that hold instrumented code make
// themselves known before main.
void note_instrumented_module(std::uintptr_t pc);
bool any_instrumented_module();

// Is `pc` in a module with instrumented code? Memory that is freed or copied by
// other code (libstdc++.so, with atomics that nobody sees) is not
// checked: a report about it could be false.
bool is_instrumented(std::uintptr_t pc);

}  // namespace raddle::interpose
