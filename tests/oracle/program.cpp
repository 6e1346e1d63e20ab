// The part that is instrumented and explored.
#include "tests/oracle/program.hpp"

#include <raddle/raddle.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstddef>
#include <linux/futex.h>
#include <mutex>
#include <pthread.h>
#include <semaphore.h>
#include <shared_mutex>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace raddle::oracle {
namespace {

constexpr std::size_t kPlaces = 3, kObjects = 2;

union Place {
  std::uint64_t wide = 0;
  std::uint32_t words[2];
  std::uint8_t bytes[8];
};

struct Gate {
  std::mutex mutex;
  std::condition_variable opened;
  bool is_open = false;
};

struct World {
  World() {
    for (std::size_t i = 0; i < kObjects; ++i) {
      sem_init(&semaphores[i], 0, static_cast<unsigned>(i));
    }
    for (pthread_barrier_t& barrier : barriers) pthread_barrier_init(&barrier, nullptr, 2);
  }

  // Only the statement Delete deletes them.
  std::array<Place*, kPlaces> places{new Place, new Place, new Place};
  std::array<std::atomic<int>, kObjects> atomics{};
  // Waited for by the system call: std::atomic::wait counts its sleepers in a static, which an
  // execution that was broken off leaves as it was.
  std::array<std::atomic<int>, kObjects> alarms{};
  std::array<std::mutex, kObjects> mutexes;
  std::array<std::timed_mutex, kObjects> timed;
  std::array<std::shared_mutex, kObjects> rwlocks;
  std::array<sem_t, kObjects> semaphores;
  std::array<Gate, kObjects> gates;
  std::array<std::once_flag, kObjects> flags;
  std::array<pthread_barrier_t, kObjects> barriers;
};

// The value is used, as far as the compiler knows.
template <class T>
void use(T value) {
  asm volatile("" : : "r"(value));
}

template <class T>
void touch(T& object, bool writes) {
  if (writes) {
    object = 1;
  } else {
    use(object);
  }
}

void access(World& world, const Statement& statement) {
  Place& place = *world.places[statement.place];
  switch (statement.width) {
    case 1: return touch(place.bytes[statement.object], statement.writes);
    case 4: return touch(place.words[statement.object], statement.writes);
    default: return touch(place.wide, statement.writes);
  }
}

constexpr std::memory_order kLoads[] = {std::memory_order_relaxed, std::memory_order_acquire,
                                        std::memory_order_seq_cst, std::memory_order_relaxed,
                                        std::memory_order_acquire};
constexpr std::memory_order kStores[] = {std::memory_order_relaxed, std::memory_order_release,
                                         std::memory_order_seq_cst, std::memory_order_relaxed,
                                         std::memory_order_release};
constexpr std::memory_order kUpdates[] = {std::memory_order_relaxed, std::memory_order_acquire,
                                          std::memory_order_release, std::memory_order_acq_rel,
                                          std::memory_order_seq_cst};

void spawn(World& world, const Statement& statement) {
  std::thread child{[&] { access(world, statement); }};
  Statement beside = statement;
  beside.place = static_cast<std::uint8_t>((statement.place + statement.order) % kPlaces);
  access(world, beside);
  child.join();
  access(world, statement);
}

void run(World& world, const Statement& statement) {
  const std::size_t object = statement.object;
  switch (statement.action) {
    case Action::Access: return access(world, statement);
    case Action::Load:
      if (world.atomics[object].load(kLoads[statement.order]) != 0) access(world, statement);
      return;
    case Action::Store:
      access(world, statement);
      return world.atomics[object].store(1, kStores[statement.order]);
    case Action::Add: use(world.atomics[object].fetch_add(1, kUpdates[statement.order])); return;
    case Action::CompareExchange: {
      int expected = 0;
      if (world.atomics[object].compare_exchange_strong(expected, 1, kUpdates[statement.order],
                                                        kLoads[statement.place])) {
        access(world, statement);
      }
      return;
    }
    case Action::Fence: return std::atomic_thread_fence(kUpdates[statement.order]);
    case Action::Lock: {
      const std::lock_guard lock{world.mutexes[object]};
      return access(world, statement);
    }
    case Action::TryLock: {
      const std::unique_lock lock{world.mutexes[object], std::try_to_lock};
      if (lock) access(world, statement);
      return;
    }
    case Action::ReadLock: {
      const std::shared_lock lock{world.rwlocks[object]};
      return access(world, statement);
    }
    case Action::WriteLock: {
      const std::unique_lock lock{world.rwlocks[object]};
      return access(world, statement);
    }
    case Action::Post:
      access(world, statement);
      sem_post(&world.semaphores[object]);
      return;
    case Action::Wait: sem_wait(&world.semaphores[object]); return access(world, statement);
    case Action::Signal: {
      Gate& gate = world.gates[object];
      access(world, statement);
      {
        const std::lock_guard lock{gate.mutex};
        gate.is_open = true;
      }
      return gate.opened.notify_all();
    }
    case Action::Await: {
      Gate& gate = world.gates[object];
      std::unique_lock lock{gate.mutex};
      gate.opened.wait(lock, [&] { return gate.is_open; });
      return access(world, statement);
    }
    case Action::Once:
      std::call_once(world.flags[object], [&] { access(world, statement); });
      return access(world, statement);
    case Action::Meet:
      access(world, statement);
      pthread_barrier_wait(&world.barriers[object]);
      return access(world, statement);
    case Action::Notify:
      access(world, statement);
      world.alarms[object].store(1, kStores[statement.order]);
      syscall(SYS_futex, &world.alarms[object], FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
      return;
    case Action::Sleep:
      while (world.alarms[object].load(kLoads[statement.order]) == 0) {
        syscall(SYS_futex, &world.alarms[object], FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
      }
      return access(world, statement);
    case Action::Spawn: return spawn(world, statement);
    case Action::TimedLock: {
      const std::unique_lock lock{world.timed[object], std::chrono::milliseconds{1}};
      if (lock) access(world, statement);
      return;
    }
    case Action::TimedWait: {
      timespec soon{};
      clock_gettime(CLOCK_REALTIME, &soon);
      soon.tv_sec += 1;
      if (sem_timedwait(&world.semaphores[object], &soon) == 0) access(world, statement);
      return;
    }
    case Action::TimedAwait: {
      Gate& gate = world.gates[object];
      std::unique_lock lock{gate.mutex};
      if (!gate.is_open) gate.opened.wait_for(lock, std::chrono::milliseconds{1});
      return access(world, statement);
    }
    case Action::TimedSleep: {
      const timespec moment{0, 1'000'000};
      if (world.alarms[object].load(kLoads[statement.order]) == 0) {
        syscall(SYS_futex, &world.alarms[object], FUTEX_WAIT_PRIVATE, 0, &moment, nullptr, 0);
      }
      return access(world, statement);
    }
    case Action::TryWait:
      if (sem_trywait(&world.semaphores[object]) == 0) sem_post(&world.semaphores[object]);
      return;
    case Action::Choose:
      if (choose(2) == 1) world.atomics[object].store(1);
      return;
    case Action::AwaitOnce: {
      Gate& gate = world.gates[object];
      std::unique_lock lock{gate.mutex};
      if (!gate.is_open) gate.opened.wait(lock);
      return access(world, statement);
    }
    case Action::WeakExchange: {
      int expected = 0;
      if (world.atomics[object].compare_exchange_weak(expected, 1, kUpdates[statement.order],
                                                      kLoads[statement.place])) {
        access(world, statement);
      }
      return;
    }
    case Action::Delete: delete world.places[statement.place]; return;
  }
}

void run(World& world, const std::vector<Statement>& statements) {
  for (const Statement& statement : statements) run(world, statement);
}

}  // namespace

void run(const Program& program) {
  World world;
  std::vector<std::thread> threads;
  for (const auto& statements : program.threads) {
    threads.emplace_back([&] { run(world, statements); });
  }
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (program.joined_early[i]) threads[i].join();
  }
  run(world, program.main);
  for (std::thread& thread : threads) {
    if (thread.joinable()) thread.join();
  }
  run(world, program.last);
}

}  // namespace raddle::oracle
