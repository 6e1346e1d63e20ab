#include "detectors/shadow_memory.hpp"

#include <algorithm>
#include <iterator>

namespace raddle::detectors {

namespace {

// Shadow cells are mapped for this many pages of the program at a time.
constexpr std::size_t kPagesPerBlock = 64;

std::uint64_t hash(std::uint64_t number) {
  number *= 0x9e3779b97f4a7c15;
  return number ^ (number >> 32);
}

}  // namespace

ShadowMemory::ShadowMemory(VectorClocks& clocks) : clocks_(clocks) {
  table_size_ = 1024;
  table_.reserve(table_size_);
  begin_execution();
}

ShadowMemory::~ShadowMemory() {
  for (std::size_t i = 0; i < blocks_made_; ++i) {
    unmap(blocks_[i], kPagesPerBlock * kCellsPerPage * sizeof(Segment));
  }
}

void ShadowMemory::begin_execution() {
  ++execution_;
  key_ = execution_ << 8;
  tag_ = execution_ << kTagShift;
  // The tag has fewer bits than the count: once around, an old line would look new.
  if (tag_ == 0) std::fill(std::begin(cache_), std::end(cache_), CacheLine{});
  segments_.begin_execution();
  histories_.begin_execution();
}

Segment* ShadowMemory::load(std::uintptr_t address) {
  const std::uint64_t number = address >> kPageShift;
  Page& found = page(number);
  use(found);
  cache_[number % kCacheLines] = {number | tag_, found.cells};
  return found.cells;
}

ShadowMemory::Page* ShadowMemory::find_page(std::uint64_t number) {
  for (std::size_t i = hash(number);; ++i) {
    Page& place = table_[i & (table_size_ - 1)];
    if (place.number == number + 1) return &place;
    if (place.number == 0) return nullptr;
  }
}

ShadowMemory::Page& ShadowMemory::page(std::uint64_t number) {
  if (Page* found = find_page(number)) return *found;
  if (2 * ++pages_ > table_size_) grow_table();
  std::size_t i = hash(number);
  while (table_[i & (table_size_ - 1)].number != 0) ++i;
  Page& place = table_[i & (table_size_ - 1)];
  place.number = number + 1;
  return place;
}

void ShadowMemory::grow_table() {
  Buffer<Page> old;
  old.reserve(table_size_);
  std::copy_n(table_.data(), table_size_, old.data());
  const std::size_t old_size = table_size_;
  table_size_ *= 2;
  table_.reserve(table_size_);
  std::fill_n(table_.data(), table_size_, Page{});
  for (std::size_t k = 0; k < old_size; ++k) {
    if (old[k].number == 0) continue;
    std::size_t i = hash(old[k].number - 1);
    while (table_[i & (table_size_ - 1)].number != 0) ++i;
    table_[i & (table_size_ - 1)] = old[k];
  }
}

// Makes the cells of the page say all that is known of it.
void ShadowMemory::use(Page& page) {
  if (page.cells == nullptr) {
    if (spare_pages_ == 0) {
      blocks_.reserve(blocks_made_ + 1);
      spare_cells_ =
          static_cast<Segment*>(map_zeroed(kPagesPerBlock * kCellsPerPage * sizeof(Segment)));
      blocks_[blocks_made_++] = spare_cells_;
      spare_pages_ = kPagesPerBlock;
    }
    page.cells = spare_cells_;
    spare_cells_ += kCellsPerPage;
    --spare_pages_;
  }
  if (!is_used(page)) {
    page.execution = execution_;
    page.whole = 0;
  } else if (page.whole != 0) {
    std::fill_n(page.cells, kCellsPerPage, Segment{key(0xff), page.whole, 0, 0, 0});
    page.whole = 0;
  }
}

// Leaves `segment` with the bytes `keep` and gives the others one of their own.
void ShadowMemory::split(Segment& segment, std::uint64_t keep) {
  const std::uint64_t rest = segment.key & 0xff & ~keep;
  const std::uint32_t number = segments_.allocate();
  Segment& other = segments_[number];
  other = segment;
  segment.key = key(keep);
  other.key = key(rest);
  segment.next = number;
  if (segment.history == 0) return;

  const std::uint32_t copy = histories_.allocate();
  History& from = histories_[segment.history];
  History& to = histories_[copy];
  clocks_.assign(from.readers, to.readers);
  clocks_.assign(from.atomic_readers, to.atomic_readers);
  clocks_.assign(from.atomic_writers, to.atomic_writers);
  other.history = copy;
  // A synchronisation object is where its first byte is.
  if (std::countr_zero(rest) < std::countr_zero(keep)) std::swap(segment.history, other.history);
}

void ShadowMemory::release_record(std::uint32_t record) {
  History& history = histories_[record];
  for (ClockId History::*clock :
       {&History::readers, &History::atomic_readers, &History::atomic_writers, &History::sync,
        &History::read_sync, &History::declared}) {
    clocks_.drop(history.*clock);
  }
  histories_.release(record);
}

// Nothing is known of the segment's bytes any more.
void ShadowMemory::clear(Segment& segment) {
  segment.write = 0;
  segment.read = 0;
  if (segment.history == 0) return;
  release_record(segment.history);
  segment.history = 0;
}

void ShadowMemory::clear_cell(Segment& cell) {
  clear(cell);
  for (std::uint32_t next = cell.next; next != 0;) {
    const std::uint32_t number = next;
    next = segments_[number].next;
    clear(segments_[number]);
    segments_.release(number);
  }
  cell = {};
}

void ShadowMemory::clear_page(Page& page) {
  for (std::size_t i = 0; i < kCellsPerPage; ++i) {
    if (is_current(page.cells[i])) clear_cell(page.cells[i]);
  }
}

void ShadowMemory::forget(std::uintptr_t address, std::uint64_t size) {
  while (size != 0) {
    const std::uint64_t room = kPageBytes - address % kPageBytes;
    const std::uint64_t here = size < room ? size : room;
    Page* known = find_page(address >> kPageShift);
    if (known != nullptr && is_used(*known)) {
      if (here == kPageBytes) {
        if (known->whole == 0) {
          clear_page(*known);
        } else {
          known->execution = 0;
        }
      } else {
        use(*known);
        for (std::uint64_t done = 0; done < here;) {
          const std::uint64_t bytes = bytes_in_cell(address + done, here - done);
          Segment& cell = known->cells[cell_index(address + done)];
          if (is_current(cell)) {
            const std::uint64_t mask = mask_of(address + done, bytes);
            if (mask == 0xff) {
              clear_cell(cell);
            } else {
              visit_cell(cell, mask, [&](Segment& segment) { clear(segment); });
            }
          }
          done += bytes;
        }
      }
    }
    address += here;
    size -= here;
  }
}

}  // namespace raddle::detectors
