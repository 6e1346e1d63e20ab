// Randomness from the system, which in code under test is the same in every execution.

#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"
#include "scheduler/strategies/generator.hpp"

#include <algorithm>
#include <cstdint>
#include <sys/random.h>
#include <unistd.h>

namespace {

using raddle::scheduler::current_thread;
using raddle::scheduler::Thread;

}  // namespace

#define RADDLE_C extern "C" __attribute__((visibility("default")))

// The same bytes in every execution: a function of the thread and its place in it.
RADDLE_C ssize_t getrandom(void* out, std::size_t size, unsigned flags) {
  Thread* self = current_thread;
  if (self == nullptr) return RADDLE_REAL(getrandom)(out, size, flags);
  raddle::scheduler::Generator generator{
      raddle::scheduler::mix(index(self->id), self->random_reads++)};
  std::generate_n(static_cast<unsigned char*>(out), size,
                  [&] { return static_cast<unsigned char>(generator.next()); });
  return static_cast<ssize_t>(size);
}
RADDLE_C int getentropy(void* out, std::size_t size) {
  if (current_thread == nullptr) return RADDLE_REAL(getentropy)(out, size);
  getrandom(out, size, 0);
  return 0;
}
RADDLE_C std::uint32_t arc4random() {
  if (current_thread == nullptr) return RADDLE_REAL(arc4random)();
  std::uint32_t value = 0;
  getrandom(&value, sizeof(value), 0);
  return value;
}

// unsigned std::random_device::_M_getval(): libstdc++ asks the processor, not the system.
RADDLE_C unsigned _ZNSt13random_device9_M_getvalEv(void* self) {
  using GetValue = unsigned(void*);
  static constinit GetValue* cache = nullptr;
  if (current_thread == nullptr) {
    return raddle::interpose::resolve(cache, "_ZNSt13random_device9_M_getvalEv")(self);
  }
  return arc4random();
}
