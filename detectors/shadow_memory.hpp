// What detectors remember of the program's memory.
#pragma once

#include "detectors/buffer.hpp"
#include "detectors/pool.hpp"
#include "detectors/vector_clocks.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace raddle::detectors {

// What is known of some bytes of one cell (8 aligned bytes) that were always
// accessed together.
struct Segment {
  std::uint64_t key;      // execution << 8 | bytes of the cell, one bit each; others are outdated
  Epoch write;            // the last plain write, with a mark, or 0
  Epoch read;             // the last plain read since then, kSharedReads, or 0
  std::uint32_t history;  // 0 or what few segments have
  std::uint32_t next;     // 0 or a further segment of the same cell
};

// Marks of Segment::write.
inline constexpr Epoch kFreed = 1;  // the write was a free
inline constexpr Epoch kMuted = 2;  // a problem was found here: nothing more is looked for
inline constexpr Epoch kMarks = kFreed | kMuted;
// Segment::read: reads that no single one follows are in History::readers.
inline constexpr Epoch kSharedReads = 1;

struct History {
  ClockId readers;  // sets of epochs
  ClockId atomic_readers;
  ClockId atomic_writers;
  ClockId sync;         // what an acquire of the object at the segment's first byte learns
  ClockId read_sync;    // reader-writer locks: what readers released to writers
  ClockId declared;     // Acquire and Release events; no access to the memory ends it
  std::uint32_t phase;  // barriers: the record of the phase that is gathering
  // In such a record, beside `sync`:
  std::uint32_t phase_threads;  // arrived and not yet left
  bool is_complete;
  std::uint32_t next;
};

// Shadow pages in a hash table by address, with a small cache in front. Pages
// are made when first touched, kept for ever and reused; starting an execution
// outdates all of them at once.
class ShadowMemory {
 public:
  explicit ShadowMemory(VectorClocks& clocks);
  ShadowMemory(const ShadowMemory&) = delete;
  ShadowMemory& operator=(const ShadowMemory&) = delete;
  ~ShadowMemory();

  void begin_execution();

  // The first segment of the cell if its page was used lately in this execution, else null.
  Segment* cached(std::uintptr_t address) {
    const std::uint64_t page = address >> kPageShift;
    const CacheLine& line = cache_[page % kCacheLines];
    if (line.tag != (page | tag_)) return nullptr;
    if (line.cells == nullptr) __builtin_unreachable();
    return &line.cells[cell_index(address)];
  }
  // The first segment of the cell; it may be outdated.
  Segment& cell(std::uintptr_t address) {
    Segment* found = cached(address);
    return found != nullptr ? *found : load(address)[cell_index(address)];
  }
  bool is_current(const Segment& segment) const { return (segment.key ^ key_) <= 0xff; }
  // The key of an up-to-date segment of `mask`.
  std::uint64_t key(std::uint64_t mask) const { return key_ | mask; }

  // The segment that is exactly these bytes, if that is soon found; else null.
  Segment* segment_of(std::uintptr_t address, std::uint32_t size) {
    const std::uint64_t offset = address & 7;
    if (size > 8 - offset) return nullptr;
    Segment* segment = cached(address);
    return segment != nullptr && segment->key == key(mask_of(address, size)) ? segment : nullptr;
  }

  // Calls visit(Segment&) for segments that together are exactly these bytes of
  // one cell. Splits and makes segments as needed; new ones are all zero.
  template <class Visit>
  void visit_cell(Segment& cell, std::uint64_t mask, Visit&& visit) {
    if (cell.key == key(mask)) return visit(cell);
    if (!is_current(cell)) {
      cell = {key(mask), 0, 0, 0, 0};
      return visit(cell);
    }
    Segment* segment = &cell;
    for (;;) {
      if (const std::uint64_t overlap = segment->key & mask & 0xff; overlap != 0) {
        if (segment->key != key(overlap)) split(*segment, overlap);
        mask &= ~overlap;
        visit(*segment);
        if (mask == 0) return;
      }
      if (segment->next == 0) break;
      segment = &segments_[segment->next];
    }
    segment->next = segments_.allocate();
    segment = &segments_[segment->next];
    segment->key = key(mask);
    visit(*segment);
  }

  // The same for any range: visit(Segment&, address of its cell).
  template <class Visit>
  void visit(std::uintptr_t address, std::uint64_t size, Visit&& visit) {
    while (size != 0) {
      const std::uint64_t here = bytes_in_cell(address, size);
      const std::uintptr_t base = address & ~std::uintptr_t{7};
      visit_cell(cell(address), mask_of(address, here), [&](Segment& s) { visit(s, base); });
      address += here;
      size -= here;
    }
  }

  // The first segments of `cells` cells in a row, if they lie in one page; else null.
  Segment* cells_from(std::uintptr_t address, std::size_t cells) {
    return cell_index(address) + cells <= kCellsPerPage ? &cell(address) : nullptr;
  }

  // The segment of just the byte at `address`.
  Segment& byte_at(std::uintptr_t address) {
    Segment* found = segment_of(address, 1);
    if (found != nullptr) [[likely]]
      return *found;
    visit_cell(cell(address), mask_of(address, 1), [&](Segment& s) { found = &s; });
    return *found;
  }

  // The first segment with one of these bytes of which test(Segment&) holds, or null.
  // Makes nothing.
  template <class Test>
  Segment* find(std::uintptr_t address, std::uint64_t size, Test&& test) {
    while (size != 0) {
      const std::uint64_t here = bytes_in_cell(address, size);
      const std::uint64_t mask = mask_of(address, here);
      Segment* segment = is_page_used(address) ? &cell(address) : nullptr;
      if (segment != nullptr && !is_current(*segment)) segment = nullptr;
      while (segment != nullptr) {
        if ((segment->key & mask) != 0 && test(*segment)) return segment;
        segment = segment->next != 0 ? &segments_[segment->next] : nullptr;
      }
      address += here;
      size -= here;
    }
    return nullptr;
  }

  History& history(Segment& segment) {
    if (segment.history == 0) segment.history = histories_.allocate();
    return histories_[segment.history];
  }
  History* history_if_any(const Segment& segment) {
    return segment.history == 0 ? nullptr : &histories_[segment.history];
  }
  // Records that belong to no segment.
  std::uint32_t make_record() { return histories_.allocate(); }
  void release_record(std::uint32_t record);
  History& record(std::uint32_t number) { return histories_[number]; }

  // Fresh memory: nothing is known of it any more.
  void forget(std::uintptr_t address, std::uint64_t size);

  // Calls check(Segment&, address of its cell) for everything known of the
  // range, then makes `write` all that is known of it.
  template <class Check>
  void overwrite(std::uintptr_t address, std::uint64_t size, Epoch write, Check&& check);

 private:
  static constexpr unsigned kPageShift = 12;
  static constexpr std::uint64_t kPageBytes = std::uint64_t{1} << kPageShift;
  static constexpr std::size_t kCellsPerPage = kPageBytes / 8;
  static constexpr std::size_t kCacheLines = 128;
  static constexpr unsigned kTagShift = 36;

  struct Page {
    std::uint64_t number;     // of the program's page, plus 1; 0: an empty place
    std::uint64_t execution;  // in which it was last used
    Epoch whole;              // if not 0: was overwritten as a whole, and the cells do not say so
    Segment* cells;
  };
  struct CacheLine {
    std::uint64_t tag;
    Segment* cells;
  };

  static std::size_t cell_index(std::uintptr_t address) { return (address >> 3) % kCellsPerPage; }
  static std::uint64_t bytes_in_cell(std::uintptr_t address, std::uint64_t size) {
    const std::uint64_t room = 8 - (address & 7);
    return size < room ? size : room;
  }
  static std::uint64_t mask_of(std::uintptr_t address, std::uint64_t size) {
    return ((std::uint64_t{1} << size) - 1) << (address & 7);
  }

  Segment* load(std::uintptr_t address);
  Page* find_page(std::uint64_t number);
  Page& page(std::uint64_t number);
  void use(Page& page);
  void grow_table();
  void split(Segment& segment, std::uint64_t keep);
  void clear(Segment& segment);
  void clear_cell(Segment& cell);
  void clear_page(Page& page);
  bool is_page_used(std::uintptr_t address) {
    if (cached(address) != nullptr) return true;
    const Page* known = find_page(address >> kPageShift);
    return known != nullptr && is_used(*known);
  }
  bool is_used(const Page& page) const { return page.execution == execution_; }

  VectorClocks& clocks_;
  std::uint64_t execution_ = 0;
  std::uint64_t key_ = 0;
  std::uint64_t tag_ = 0;
  CacheLine cache_[kCacheLines] = {};
  Pool<Segment> segments_;
  Pool<History> histories_;
  Buffer<Page> table_;
  std::size_t table_size_ = 0;  // a power of two
  std::size_t pages_ = 0;
  Segment* spare_cells_ = nullptr;
  std::size_t spare_pages_ = 0;
  Buffer<Segment*> blocks_;
  std::size_t blocks_made_ = 0;
};

template <class Check>
void ShadowMemory::overwrite(std::uintptr_t address, std::uint64_t size, Epoch write,
                             Check&& check) {
  while (size != 0) {
    const std::uint64_t room = kPageBytes - address % kPageBytes;
    const std::uint64_t here = size < room ? size : room;
    if (here == kPageBytes) {
      Page& whole = page(address >> kPageShift);
      if (is_used(whole) && whole.whole == 0) {
        for (std::size_t i = 0; i < kCellsPerPage; ++i) {
          Segment* segment = &whole.cells[i];
          if (!is_current(*segment)) continue;
          for (;; segment = &segments_[segment->next]) {
            check(*segment, address + 8 * i);
            if (segment->next == 0) break;
          }
        }
        clear_page(whole);
      }
      whole.execution = execution_;
      whole.whole = write;
      cache_[(address >> kPageShift) % kCacheLines].tag = 0;
    } else {
      visit(address, here, [&](Segment& segment, std::uintptr_t cell) {
        check(segment, cell);
        clear(segment);
        segment.write = write;
      });
    }
    address += here;
    size -= here;
  }
}

}  // namespace raddle::detectors
