// The heap of the threads under test: fast, and the same addresses in every execution.
#pragma once

#include "scheduler/events/ids.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace raddle::interpose {

enum class FreeResult : std::uint8_t { Ok, DoubleFree, NotABlock };

// The 16 bytes in front of every block that Arena hands out.
class Block {
 public:
  std::size_t size() const { return size_; }  // bytes asked for
  std::uint32_t ordinal() const {
    return ordinal_;
  }  // allocations before this one in its execution
  std::uintptr_t pc() const { return word_ & kPcMask; }
  scheduler::ThreadId thread() const {
    return scheduler::thread_id((word_ >> kThreadShift) & kThreadMask);
  }
  bool is_live() const { return state() == State::Live || state() == State::Survivor; }
  std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(this + 1); }

 private:
  friend class Arena;

  // No pointer and no small integer has one of these in its uppermost bits, so
  // that freeing a pointer into the middle of a block is noticed.
  enum class State : std::uint8_t { Survivor = 3, Live = 4, Gap = 5, Freed = 6 };

  static constexpr unsigned kThreadShift = 47, kTagShift = 57, kStateShift = 61;
  static constexpr std::uint64_t kPcMask = (std::uint64_t{1} << kThreadShift) - 1;
  static constexpr std::uint64_t kThreadMask = 0x3ff, kTagMask = 0xf;
  static_assert(scheduler::kThreadsMax <= kThreadMask + 1);

  Block(std::size_t size, std::uint32_t ordinal, std::uint64_t pc, std::uint64_t thread,
        State state)
      : size_(static_cast<std::uint32_t>(size)),
        ordinal_(ordinal),
        word_((pc & kPcMask) | (thread & kThreadMask) << kThreadShift | own_tag() << kTagShift |
              static_cast<std::uint64_t>(state) << kStateShift) {}

  State state() const { return static_cast<State>(word_ >> kStateShift); }
  void set_state(State state) {
    word_ = (word_ << 3 >> 3) | static_cast<std::uint64_t>(state) << kStateShift;
  }
  std::uint64_t own_tag() const { return (address() >> 4) & kTagMask; }
  bool has_own_tag() const { return ((word_ >> kTagShift) & kTagMask) == own_tag(); }

  std::uint32_t size_;
  std::uint32_t ordinal_;
  std::uint64_t word_;  // from the low end: pc, thread, four bits of the address, state
};
static_assert(sizeof(Block) == 16);

// A bump allocator over one reserved range of addresses.
//
// Within an execution nothing that was freed is handed out again, so that a use
// after free hits the block it was meant for, and addresses depend only on the
// order of allocations. When an execution ends with everything freed, the next
// one starts at the same address. Otherwise it starts behind the last block
// that is still live; such blocks (statics, results, leaks) stay valid and may
// be freed at any later time. What the freed ones among them held is returned
// to the system, so that a body which replaces a global object in every
// execution uses up addresses but not memory.
//
// All threads under test run on one OS thread, hence no locks. Constant
// initialised and without a destructor, because malloc is called before static
// constructors and free after static destructors.
class Arena {
 public:
  struct Limits {
    std::size_t region_bytes = std::size_t{64} << 30;      // addresses reserved; less if refused
    std::size_t execution_bytes = std::size_t{256} << 20;  // per execution; below 4 GiB
    std::size_t keep_bytes = std::size_t{8} << 20;         // memory kept for the next execution
    std::size_t grow_bytes = std::size_t{64} << 20;        // made accessible at a time
  };

  static constexpr std::size_t kAlignment = 16;
  static constexpr std::uintptr_t kPreferredAddress = 0x6000'0000'0000;

  constexpr Arena() = default;
  constexpr explicit Arena(const Limits& limits) : limits_(limits) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Returns all memory to the system; every block is gone.
  void unmap();

  // The first one reserves the addresses; throws std::system_error if there are none.
  void begin_execution();
  void end_execution();

  // Memory for `size` bytes (0 is allowed) at a multiple of `alignment`, a power
  // of two. Its content is arbitrary. nullptr outside an execution and when the
  // execution has had its share: take ordinary malloc then.
  void* allocate(std::size_t size, std::size_t alignment = kAlignment, std::uintptr_t pc = 0,
                 scheduler::ThreadId thread = {}) {
    const std::size_t room = limit_ - bump_;
    // The first comparison keeps a huge size from wrapping round in the second.
    if (alignment <= kAlignment && size < room && sizeof(Block) + extent(size) <= room) [[likely]] {
      return place(size, pc, thread);
    }
    return allocate_slowly(size, alignment, pc, thread);
  }

  // The same, all bytes 0.
  void* allocate_zeroed(std::size_t size, std::size_t alignment = kAlignment, std::uintptr_t pc = 0,
                        scheduler::ThreadId thread = {});

  // Whether an address is the arena's, allocated or not.
  bool contains(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) - begin_ < region_bytes_;
  }

  FreeResult release(void* address) {
    Block* block = block_at(reinterpret_cast<std::uintptr_t>(address));
    if (block == nullptr) return FreeResult::NotABlock;
    switch (block->state()) {
      case Block::State::Live: --live_; break;
      case Block::State::Survivor: --survivors_; break;
      case Block::State::Freed: return FreeResult::DoubleFree;
      default: return FreeResult::NotABlock;
    }
    block->set_state(Block::State::Freed);
    return FreeResult::Ok;
  }

  // The size asked for at allocation; 0 if `address` is not that of a live block.
  std::size_t usable_size(const void* address) const {
    const Block* block = block_at(reinterpret_cast<std::uintptr_t>(address));
    return block != nullptr && block->is_live() ? block->size() : 0;
  }

  // The block, live or freed, that an address lies in, or nullptr. Walks the
  // blocks: for reports, not for every event.
  const Block* find(const void* address) const;

  // Calls visit(const Block&) for each block of this execution, oldest first.
  template <typename Visit>
  void for_each_block(Visit visit) const {
    for (std::uintptr_t at = base_; at < bump_; at = after(at)) {
      if (header(at)->state() != Block::State::Gap) visit(std::as_const(*header(at)));
    }
  }

  std::size_t live_blocks() const { return live_; }         // of this execution
  std::size_t survivors() const { return survivors_; }      // live blocks of earlier ones
  std::size_t used_bytes() const { return bump_ - base_; }  // by this execution, with headers

 private:
  static constexpr std::size_t extent(std::size_t size) {
    return (std::max<std::size_t>(size, 1) + kAlignment - 1) & ~(kAlignment - 1);
  }
  static Block* header(std::uintptr_t at) { return reinterpret_cast<Block*>(at); }
  static std::uintptr_t after(std::uintptr_t at) {
    const Block* block = header(at);
    const bool is_gap = block->state() == Block::State::Gap;
    return at + sizeof(Block) + (is_gap ? block->size() : extent(block->size()));
  }

  void* place(std::size_t size, std::uintptr_t pc, scheduler::ThreadId thread) {
    void* at = reinterpret_cast<void*>(bump_);
    Block* block =
        new (at) Block(size, ordinal_++, pc, scheduler::index(thread), Block::State::Live);
    bump_ += sizeof(Block) + extent(size);
    ++live_;
    return block + 1;
  }

  Block* block_at(std::uintptr_t address) const {
    if (address - (begin_ + sizeof(Block)) >= bump_ - begin_ || address % kAlignment != 0) {
      return nullptr;
    }
    Block* block = header(address - sizeof(Block));
    return block->has_own_tag() ? block : nullptr;
  }

  void* allocate_slowly(std::size_t size, std::size_t alignment, std::uintptr_t pc,
                        scheduler::ThreadId thread);
  void reserve();
  bool grow(std::uintptr_t end);
  std::uintptr_t retire_survivors();
  void trim();
  void give_back();

  // begin_ <= base_ <= bump_ <= limit_ <= accessible_ <= begin_ + region_bytes_.
  // From begin_ to bump_ lies block next to block.
  std::uintptr_t bump_ = 0;
  std::uintptr_t limit_ = 0;
  std::uint32_t ordinal_ = 0;
  std::size_t live_ = 0;
  std::uintptr_t begin_ = 0;
  std::size_t region_bytes_ = 0;
  std::uintptr_t base_ = 0;        // where this execution started
  std::uintptr_t accessible_ = 0;  // what lies behind must be grown into
  std::uintptr_t touched_ = 0;     // what lies behind and is not allocated is 0
  std::uintptr_t trimmed_ = 0;     // up to here memory between survivors was returned
  std::size_t survivors_ = 0;
  bool is_running_ = false;
  Limits limits_{};
};

}  // namespace raddle::interpose
