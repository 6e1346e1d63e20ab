#include "harness/interpose/arena.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace raddle::interpose {
namespace {

constexpr std::uintptr_t round_up(std::uintptr_t value, std::uintptr_t multiple) {
  return (value + multiple - 1) & ~(multiple - 1);
}

std::uintptr_t page_bytes() {
  static const auto bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

void* pointer(std::uintptr_t address) { return reinterpret_cast<void*>(address); }

// Addresses only: nothing is accessible yet, so nothing counts as memory even
// where the kernel does not overcommit.
void* map(std::size_t bytes, std::uintptr_t hint, int flags) {
  return mmap(pointer(hint), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags,
              -1, 0);
}

}  // namespace

void Arena::reserve() {
  constexpr std::size_t kRegionBytesMin = std::size_t{1} << 20;
  const std::size_t wanted = round_up(limits_.region_bytes, page_bytes());
  // The size that is granted may be limited (ulimit -v), the address taken.
  for (std::size_t bytes = wanted; bytes >= std::min(wanted, kRegionBytesMin);
       bytes = round_up(bytes / 2, page_bytes())) {
    void* at = map(bytes, kPreferredAddress, MAP_FIXED_NOREPLACE);
    if (at == MAP_FAILED) at = map(bytes, 0, 0);
    if (at == MAP_FAILED) continue;
    begin_ = base_ = bump_ = limit_ = accessible_ = touched_ = trimmed_ =
        reinterpret_cast<std::uintptr_t>(at);
    region_bytes_ = bytes;
    return;
  }
  throw std::system_error(errno, std::generic_category(),
                          "reserving " + std::to_string(wanted) + " bytes of addresses");
}

void Arena::unmap() {
  if (region_bytes_ != 0) munmap(pointer(begin_), region_bytes_);
  begin_ = base_ = bump_ = limit_ = accessible_ = touched_ = trimmed_ = 0;
  region_bytes_ = live_ = survivors_ = 0;
  is_running_ = false;
}

void Arena::begin_execution() {
  if (region_bytes_ == 0) reserve();
  ordinal_ = 0;
  is_running_ = true;
  grow(base_);
}

// Makes the memory up to `end` accessible and moves the limit. False if `end`
// is more than this execution, the region or the machine gives.
bool Arena::grow(std::uintptr_t end) {
  // A block's size is kept in 32 bits.
  const std::size_t share = std::min<std::size_t>(limits_.execution_bytes, UINT32_MAX);
  const std::uintptr_t last = std::min(base_ + share, begin_ + region_bytes_);
  if (end > last) return false;
  if (end > accessible_) {
    const std::size_t step = round_up(limits_.grow_bytes, page_bytes());
    const std::uintptr_t wanted =
        std::min(begin_ + round_up(end - begin_, step), begin_ + region_bytes_);
    if (mprotect(pointer(accessible_), wanted - accessible_, PROT_READ | PROT_WRITE) != 0) {
      return false;
    }
    accessible_ = wanted;
  }
  limit_ = std::min(last, std::max(accessible_, bump_));
  return true;
}

void* Arena::allocate_slowly(std::size_t size, std::size_t alignment, std::uintptr_t pc,
                             scheduler::ThreadId thread) {
  if (!is_running_ || size >= region_bytes_ || alignment >= region_bytes_) return nullptr;
  const std::uintptr_t data = round_up(bump_ + sizeof(Block), std::max(alignment, kAlignment));
  if (!grow(data + extent(size))) return nullptr;
  // The header must stand right before the data, and every byte must belong to
  // a block for the walk to work.
  if (const std::uintptr_t gap = data - sizeof(Block) - bump_; gap != 0) {
    new (pointer(bump_)) Block(gap - sizeof(Block), 0, 0, 0, Block::State::Gap);
    bump_ += gap;
  }
  return place(size, pc, thread);
}

void* Arena::allocate_zeroed(std::size_t size, std::size_t alignment, std::uintptr_t pc,
                             scheduler::ThreadId thread) {
  void* data = allocate(size, alignment, pc, thread);
  const auto at = reinterpret_cast<std::uintptr_t>(data);
  // A large, sparsely used table should not cost its whole size.
  if (data != nullptr && at < touched_) std::memset(data, 0, std::min(size, touched_ - at));
  return data;
}

void Arena::end_execution() {
  touched_ = std::max(touched_, bump_);
  if (live_ != 0) {
    base_ = retire_survivors();
    trim();
  } else if (survivors_ == 0) {
    base_ = trimmed_ = begin_;
  }
  bump_ = limit_ = base_;
  live_ = 0;
  is_running_ = false;
  give_back();
}

// Turns the blocks that are still live into survivors; returns where the last
// one ends.
std::uintptr_t Arena::retire_survivors() {
  std::uintptr_t end = base_;
  for (std::uintptr_t at = base_; live_ != 0; at = after(at)) {
    if (header(at)->state() != Block::State::Live) continue;
    header(at)->set_state(Block::State::Survivor);
    ++survivors_;
    --live_;
    end = after(at);
  }
  return end;
}

// Turns each run of freed blocks below the base into one gap and returns its
// pages. Every block is looked at once: what is freed later stays until all
// survivors are gone.
void Arena::trim() {
  if (base_ - trimmed_ < limits_.keep_bytes) return;
  for (std::uintptr_t at = trimmed_; at < base_;) {
    std::uintptr_t end = after(at);
    if (!header(at)->is_live()) {
      while (end < base_ && !header(end)->is_live() && after(end) - at <= UINT32_MAX) {
        end = after(end);
      }
      new (pointer(at)) Block(end - at - sizeof(Block), 0, 0, 0, Block::State::Gap);
      const std::uintptr_t first_page = round_up(at + sizeof(Block), page_bytes());
      const std::uintptr_t last_page = end & ~(page_bytes() - 1);
      // A failure costs memory and nothing else.
      if (first_page < last_page)
        madvise(pointer(first_page), last_page - first_page, MADV_DONTNEED);
    }
    at = end;
  }
  trimmed_ = base_;
}

// One greedy execution must not keep its memory for the rest of the run.
void Arena::give_back() {
  const std::uintptr_t kept_end = round_up(base_ + limits_.keep_bytes, page_bytes());
  if (touched_ <= kept_end) return;
  // On failure the pages keep their content, and `touched_` still says so.
  if (madvise(pointer(kept_end), round_up(touched_, page_bytes()) - kept_end, MADV_DONTNEED) == 0) {
    touched_ = kept_end;
  }
}

const Block* Arena::find(const void* address) const {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  if (wanted < begin_ || wanted >= bump_) return nullptr;
  for (std::uintptr_t at = wanted < base_ ? begin_ : base_; at <= wanted; at = after(at)) {
    const Block* block = header(at);
    if (wanted >= after(at)) continue;
    const bool is_inside = wanted >= block->address() && block->state() != Block::State::Gap;
    return is_inside ? block : nullptr;
  }
  return nullptr;
}

}  // namespace raddle::interpose
