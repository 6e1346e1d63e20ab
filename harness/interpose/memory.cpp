// The heap and the functions that touch whole stretches of memory.

#include "harness/interpose/caller.hpp"
#include "harness/interpose/instrumented.hpp"
#include "harness/interpose/real.hpp"
#include "harness/runtime.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <malloc.h>
#include <new>

// glibc's own allocator, under the names that it keeps for replacements.
extern "C" {
void* __libc_malloc(std::size_t);
void __libc_free(void*);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

using raddle::harness::arena;
using raddle::harness::runtime;
using raddle::interpose::caller;
using raddle::interpose::FreeResult;
using raddle::interpose::is_instrumented;
using raddle::scheduler::current_thread;
using raddle::scheduler::EventKind;
using raddle::scheduler::Thread;

constexpr std::size_t kDefaultAlignment = raddle::interpose::Arena::kAlignment;

void* allocate(std::size_t size, std::size_t alignment, std::uintptr_t pc) {
  Thread* self = current_thread;
  if (self != nullptr) {
    void* block = arena.allocate(size, alignment, pc, self->id);
    if (block != nullptr) {
      // The arena hands out no address twice in one execution: detectors have
      // nothing to forget, and only reports and searches want to know.
      if (runtime->wants_allocations()) runtime->on_allocation(*self, block, size, caller(pc));
      return block;
    }
  }
  void* block =
      alignment <= kDefaultAlignment ? __libc_malloc(size) : __libc_memalign(alignment, size);
  if (self != nullptr && block != nullptr) {
    runtime->note(*self, EventKind::Allocate, reinterpret_cast<std::uintptr_t>(block), size,
                  caller(pc));
  }
  return block;
}

void release(void* block, std::uintptr_t pc) {
  if (block == nullptr) return;
  Thread* self = current_thread;
  const bool is_ours = arena.contains(block);
  if (self != nullptr) {
    const std::size_t size = is_ours ? arena.usable_size(block) : malloc_usable_size(block);
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    runtime->note(*self, EventKind::Free, address, size, caller(pc), is_instrumented(pc) ? 0u : 1u);
    runtime->engine.objects().forget(address, address + size);
  }
  if (!is_ours) {
    __libc_free(block);
    return;
  }
  if (arena.release(block) == FreeResult::NotABlock && self != nullptr) {
    runtime->fail(raddle::FindingKind::Crash, "free of an address that no allocation returned", pc);
  }
}

void* reallocate(void* old, std::size_t size, std::uintptr_t pc) {
  if (old == nullptr) return allocate(size, kDefaultAlignment, pc);
  if (size == 0) {
    release(old, pc);
    return nullptr;
  }
  const bool is_ours = arena.contains(old);
  if (!is_ours && current_thread == nullptr) return __libc_realloc(old, size);
  const std::size_t old_size = is_ours ? arena.usable_size(old) : malloc_usable_size(old);
  void* block = allocate(size, kDefaultAlignment, pc);
  if (block == nullptr) return nullptr;
  RADDLE_REAL(memcpy)(block, old, old_size < size ? old_size : size);
  release(old, pc);
  return block;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment, std::uintptr_t pc) {
  for (;;) {
    if (void* block = allocate(size, alignment, pc)) return block;
    std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void* allocate_or_null(std::size_t size, std::size_t alignment, std::uintptr_t pc) noexcept {
  try {
    return allocate_or_throw(size, alignment, pc);
  } catch (...) {
    return nullptr;
  }
}

inline bool is_watched(std::uintptr_t pc) {
  return current_thread != nullptr && is_instrumented(pc);
}

void access(const void* memory, std::size_t size, bool is_write, std::uintptr_t pc) {
  if (size == 0) return;
  runtime->access(*current_thread, reinterpret_cast<std::uintptr_t>(memory),
                  static_cast<std::uint32_t>(size), is_write, pc);
}

}  // namespace

#define RADDLE_C extern "C" __attribute__((visibility("default")))

// --- What the runtime itself uses; see own_memory.h ---

extern "C" void* raddle_memcpy(void* to, const void* from, std::size_t size) {
  return RADDLE_REAL(memcpy)(to, from, size);
}
extern "C" void* raddle_memmove(void* to, const void* from, std::size_t size) {
  return RADDLE_REAL(memmove)(to, from, size);
}
extern "C" void* raddle_memset(void* to, int value, std::size_t size) {
  return RADDLE_REAL(memset)(to, value, size);
}

// --- What the program calls ---

RADDLE_C void* memcpy(void* to, const void* from, std::size_t size) {
  if (is_watched(RADDLE_PC)) {
    access(from, size, false, RADDLE_PC);
    access(to, size, true, RADDLE_PC);
  }
  return RADDLE_REAL(memcpy)(to, from, size);
}
RADDLE_C void* memmove(void* to, const void* from, std::size_t size) {
  if (is_watched(RADDLE_PC)) {
    access(from, size, false, RADDLE_PC);
    access(to, size, true, RADDLE_PC);
  }
  return RADDLE_REAL(memmove)(to, from, size);
}
RADDLE_C void* memset(void* to, int value, std::size_t size) {
  if (is_watched(RADDLE_PC)) access(to, size, true, RADDLE_PC);
  return RADDLE_REAL(memset)(to, value, size);
}

RADDLE_C void* malloc(std::size_t size) { return allocate(size, kDefaultAlignment, RADDLE_PC); }
RADDLE_C void free(void* block) { release(block, RADDLE_PC); }
RADDLE_C void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  if (current_thread == nullptr) return __libc_calloc(count, size);
  void* block = allocate(bytes, kDefaultAlignment, RADDLE_PC);
  if (block != nullptr) RADDLE_REAL(memset)(block, 0, bytes);
  return block;
}
RADDLE_C void* realloc(void* block, std::size_t size) { return reallocate(block, size, RADDLE_PC); }
RADDLE_C void* reallocarray(void* block, std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return reallocate(block, bytes, RADDLE_PC);
}
RADDLE_C void* memalign(std::size_t alignment, std::size_t size) {
  return allocate(size, alignment, RADDLE_PC);
}
RADDLE_C void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return allocate(size, alignment, RADDLE_PC);
}
RADDLE_C int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  void* block = allocate(size, alignment, RADDLE_PC);
  if (block == nullptr) return ENOMEM;
  *out = block;
  return 0;
}
RADDLE_C std::size_t malloc_usable_size(void* block) {
  if (block != nullptr && arena.contains(block)) return arena.usable_size(block);
  return RADDLE_REAL(malloc_usable_size)(block);
}

// operator new and delete stand in libstdc++, which is not instrumented: only here is
// it known who really allocates and frees. Weak, so that a program may have its own.
#define RADDLE_NEW __attribute__((weak, visibility("default")))

RADDLE_NEW void* operator new(std::size_t size) {
  return allocate_or_throw(size, kDefaultAlignment, RADDLE_PC);
}
RADDLE_NEW void* operator new[](std::size_t size) {
  return allocate_or_throw(size, kDefaultAlignment, RADDLE_PC);
}
RADDLE_NEW void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, kDefaultAlignment, RADDLE_PC);
}
RADDLE_NEW void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, kDefaultAlignment, RADDLE_PC);
}
RADDLE_NEW void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment), RADDLE_PC);
}
RADDLE_NEW void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment), RADDLE_PC);
}
RADDLE_NEW void* operator new(std::size_t size, std::align_val_t alignment,
                              const std::nothrow_t&) noexcept {
  return allocate_or_null(size, static_cast<std::size_t>(alignment), RADDLE_PC);
}
RADDLE_NEW void* operator new[](std::size_t size, std::align_val_t alignment,
                                const std::nothrow_t&) noexcept {
  return allocate_or_null(size, static_cast<std::size_t>(alignment), RADDLE_PC);
}
RADDLE_NEW void operator delete(void* block) noexcept { release(block, RADDLE_PC); }
RADDLE_NEW void operator delete[](void* block) noexcept { release(block, RADDLE_PC); }
RADDLE_NEW void operator delete(void* block, std::size_t) noexcept { release(block, RADDLE_PC); }
RADDLE_NEW void operator delete[](void* block, std::size_t) noexcept { release(block, RADDLE_PC); }
RADDLE_NEW void operator delete(void* block, const std::nothrow_t&) noexcept {
  release(block, RADDLE_PC);
}
RADDLE_NEW void operator delete[](void* block, const std::nothrow_t&) noexcept {
  release(block, RADDLE_PC);
}
RADDLE_NEW void operator delete(void* block, std::align_val_t) noexcept {
  release(block, RADDLE_PC);
}
RADDLE_NEW void operator delete[](void* block, std::align_val_t) noexcept {
  release(block, RADDLE_PC);
}
RADDLE_NEW void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  release(block, RADDLE_PC);
}
RADDLE_NEW void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  release(block, RADDLE_PC);
}
