// What condition variables, semaphores, barriers, one-time initialisation,
// futexes, joins, yields and sleeps do. As mutex.hpp: announce, be
// chosen, apply, return what the system's function returns.
#pragma once

#include "scheduler/engine.hpp"
#include "scheduler/objects/mutex.hpp"

#include <cstdint>

namespace raddle::scheduler {

int wait_condition(Engine& engine, Thread& self, std::uintptr_t condition, std::uintptr_t mutex,
                   MutexType type, std::uint64_t deadline, std::uintptr_t pc);
void notify_condition(Engine& engine, Thread& self, std::uintptr_t condition, bool all,
                      std::uintptr_t pc);

// `initial`: the count, if this execution meets the semaphore for the first time.
int wait_semaphore(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t initial,
                   std::uint64_t deadline, std::uintptr_t pc);
bool try_wait_semaphore(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t initial,
                        std::uintptr_t pc);
void post_semaphore(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t initial,
                    std::uintptr_t pc);
std::uint32_t count_of_semaphore(Engine& engine, std::uintptr_t address, std::uint32_t initial);

// True for the one thread that pthread_barrier_wait singles out.
bool wait_barrier(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t threshold,
                  std::uintptr_t pc);

// Waits until nobody runs the initialiser. True: `is_done` said no, and the
// caller must run it and then call end_once; false: it was done.
bool begin_once(Engine& engine, Thread& self, std::uintptr_t address,
                bool (*is_done)(std::uintptr_t), std::uintptr_t pc);
void end_once(Engine& engine, Thread& self, std::uintptr_t address, bool is_done,
              std::uintptr_t pc);

// 0, EAGAIN (the word was not `expected`) or ETIMEDOUT.
int wait_futex(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t expected,
               std::uint64_t deadline, std::uintptr_t pc);
// How many were woken, at most `count`.
std::uint32_t wake_futex(Engine& engine, Thread& self, std::uintptr_t address, std::uint32_t count,
                         std::uintptr_t pc);

void join_thread(Engine& engine, Thread& self, Thread& target, std::uintptr_t pc);
void yield_thread(Engine& engine, Thread& self, std::uintptr_t pc);
void sleep_until(Engine& engine, Thread& self, std::uint64_t deadline, std::uintptr_t pc);

}  // namespace raddle::scheduler
