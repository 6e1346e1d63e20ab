// What pthread functions do on a thread under test, for those that are defined in their place,
// and for their C11 counterparts: glibc's call internal names, at which nobody can step in.
#pragma once

#include "harness/runtime.hpp"
#include "scheduler/objects/mutex.hpp"

#include <cstdint>
#include <ctime>
#include <pthread.h>
#include <type_traits>

namespace raddle::interpose {

// --- Threads, one-time initialisation: as the function of that name, called at `pc` ---

void create_thread(scheduler::Thread& self, pthread_t* handle, bool is_detached,
                   void* (*start)(void*), void* argument, std::uintptr_t pc);
int join_thread(scheduler::Thread& self, pthread_t handle, void** result, std::uintptr_t pc);
int detach_thread(scheduler::Thread& self, pthread_t handle, std::uintptr_t pc);
void run_once(scheduler::Thread& self, pthread_once_t* control, void (*initialise)(),
              std::uintptr_t pc);

// --- Objects as glibc lays them out ---

template <typename T>
std::uintptr_t address_of(T* object) {
  return reinterpret_cast<std::uintptr_t>(const_cast<std::remove_cv_t<T>*>(object));
}

// glibc keeps the type in the low bits of __kind.
inline scheduler::MutexType type_of(const pthread_mutex_t* mutex) {
  switch (mutex->__data.__kind & 3) {
    case PTHREAD_MUTEX_RECURSIVE: return scheduler::MutexType::Recursive;
    case PTHREAD_MUTEX_ERRORCHECK: return scheduler::MutexType::ErrorChecking;
    default: return scheduler::MutexType::Normal;
  }
}

// glibc notes in the low bits of a condition which clock its timed waits go by
// (nptl: __condvar_get_private and __wrefs, bit 1).
inline clockid_t clock_of(const pthread_cond_t* condition) {
  return (condition->__data.__wrefs & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

inline bool is_valid(const timespec* time) {
  return time->tv_nsec >= 0 && time->tv_nsec < 1'000'000'000;
}

// Initialised or destroyed: detectors are told, and it is a new object from here on.
inline void renew(scheduler::Thread& self, scheduler::EventKind kind, std::uintptr_t address,
                  std::size_t size, std::uintptr_t pc) {
  harness::runtime->note(self, kind, address, 0, pc);
  harness::runtime->engine.objects().forget(address, address + size);
}

}  // namespace raddle::interpose
