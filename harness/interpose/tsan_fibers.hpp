#pragma once

#include <cstdint>

namespace raddle::interpose {

// To be called where an execution begins: fibers of the one before are gone.
void forget_fibers();

// The calling thread under test is about to end. The last one takes the fibers with it that the
// program has not destroyed: nobody can run them any more.
void end_fibers_with_thread();

}  // namespace raddle::interpose
