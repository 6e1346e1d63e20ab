// Threads under test are fibers on one OS thread. A fiber has a stack of its own
// and the thread-local storage of a parked real thread, its donor: so
// thread_local, errno, pthread_self and the exception globals are right
// without any special handling. This file and its .cpp hold all that depends on the platform
// (x86-64 Linux, glibc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <pthread.h>
#include <span>
#include <vector>

namespace raddle::scheduler {

// Bytes of one module's thread-local storage in one donor, and what they are at thread start.
struct TlsImage {
  void* storage;
  const void* initial;
  std::size_t initial_bytes;
  std::size_t bytes;  // those beyond initial_bytes start as zero
};

class Fiber {
 public:
  using Entry = void (*)(void* argument);

  // The fiber that stands for the OS thread that calls this: has no stack of its own.
  Fiber();

  // A suspended fiber. `entry` never returns. The stack has `stack_bytes` usable
  // bytes and an inaccessible page below. Throws std::system_error when the
  // system has no memory or no thread to give.
  Fiber(std::size_t stack_bytes, Entry entry, void* argument);

  // Frees the stack. What is on it is forgotten, not unwound: destructors of an
  // abandoned std::thread would call std::terminate.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Suspends `from`, which is running, and goes on in `to`.
  static void switch_to(Fiber& from, Fiber& to);

  // Makes a suspended, abandoned fiber ready to start at its entry again.
  void restart();
  void restart(Entry entry, void* argument);
  std::size_t stack_bytes() const { return stack_high_ - stack_low_; }

  // Puts the donor's thread-local variables back to their initial values.
  // libc's own are left: it keeps its allocator's caches there.
  void reset_tls();

  std::span<const TlsImage> tls_images() const { return images_; }
  pthread_t handle() const { return handle_; }
  std::uintptr_t stack_low() const { return stack_low_; }
  std::uintptr_t stack_high() const { return stack_high_; }
  // Is `address` in the page below the stack, that is, has the stack overflown?
  bool in_guard(std::uintptr_t address) const;

  // Points the calling fiber's thread-local storage at that of `other`, for a moment.
  static std::uintptr_t tls_base();
  static void set_tls_base(std::uintptr_t base) {
    if (has_fsgsbase_) [[likely]] {
      asm volatile("wrfsbase %0" ::"r"(base) : "memory");
    } else {
      ask_for_tls_base(base);
    }
  }
  std::uintptr_t own_tls_base() const { return tls_base_; }

 private:
  // Does the kernel let programs write the base register themselves? (Linux 5.9, Ivy Bridge)
  static const bool has_fsgsbase_;
  static void ask_for_tls_base(std::uintptr_t base);
  void note_words();

  void* context_ = nullptr;  // valid while suspended
  std::uintptr_t tls_base_ = 0;
  pthread_t handle_{};
  std::uintptr_t stack_low_ = 0, stack_high_ = 0;
  Entry entry_ = nullptr;
  void* argument_ = nullptr;
  std::vector<TlsImage> images_;

  // The same, as it is used to reset them: mostly a few words.
  template <typename Word>
  struct TlsWord {
    Word* at;
    Word initial;
  };
  std::vector<TlsWord<std::uint64_t>> words_;
  std::vector<TlsWord<std::uint32_t>> half_words_;
  std::vector<TlsWord<std::uint8_t>> bytes_;
  std::vector<TlsImage> longer_images_;
};

}  // namespace raddle::scheduler
