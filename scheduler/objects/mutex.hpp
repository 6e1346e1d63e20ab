// What mutexes, reader-writer locks and spin locks do. Every function announces
// the operation, waits to be chosen, applies it and returns what the pthread
// function of that name returns: 0 or an errno value.
#pragma once

#include "scheduler/engine.hpp"

#include <cstdint>

namespace raddle::scheduler {

enum class MutexType : std::uint8_t { Normal, Recursive, ErrorChecking };

int lock_mutex(Engine& engine, Thread& self, std::uintptr_t address, MutexType type,
               std::uint64_t deadline, std::uintptr_t pc);
int try_lock_mutex(Engine& engine, Thread& self, std::uintptr_t address, MutexType type,
                   std::uintptr_t pc);
int unlock_mutex(Engine& engine, Thread& self, std::uintptr_t address, MutexType type,
                 std::uintptr_t pc);

int lock_read(Engine& engine, Thread& self, std::uintptr_t address, std::uint64_t deadline,
              std::uintptr_t pc);
int lock_write(Engine& engine, Thread& self, std::uintptr_t address, std::uint64_t deadline,
               std::uintptr_t pc);
int try_lock_read(Engine& engine, Thread& self, std::uintptr_t address, std::uintptr_t pc);
int try_lock_write(Engine& engine, Thread& self, std::uintptr_t address, std::uintptr_t pc);
int unlock_rwlock(Engine& engine, Thread& self, std::uintptr_t address, std::uintptr_t pc);

}  // namespace raddle::scheduler
