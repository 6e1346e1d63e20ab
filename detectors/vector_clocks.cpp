#include "detectors/vector_clocks.hpp"

#include <algorithm>
#include <cstring>

namespace raddle::detectors {

void ClockRows::grow(std::size_t rows, std::size_t width) {
  // Whole cache lines: eight threads cost no more than two.
  const std::size_t new_width = width <= width_ ? width_ : std::max(2 * width_, (width + 7) & ~7ul);
  const std::size_t new_rows = rows <= rows_ ? rows_ : std::max(2 * rows_, rows);
  if (new_width == width_) {
    entries_.reserve(new_rows * new_width);
  } else {
    const std::size_t old_width = width_;
    entries_.reserve(new_rows * new_width);
    // From the last row, so that no row is overwritten before it has moved.
    for (std::size_t row = rows_; row-- > 0;) {
      Epoch* to = entries_.data() + row * new_width;
      std::memmove(to, entries_.data() + row * old_width, old_width * sizeof(Epoch));
      std::fill(to + old_width, to + new_width, Epoch{0});
    }
  }
  rows_ = new_rows;
  width_ = new_width;
}

VectorClocks::VectorClocks() {
  epochs_.reserve(scheduler::kThreadsMax);
  fences_.reserve(scheduler::kThreadsMax);
  known_.reserve(8, 8);
  objects_reserved_ = 64;
  objects_.reserve(objects_reserved_, 8);
  begin_execution();
}

void VectorClocks::begin_execution() {
  threads_ = 1;
  objects_made_ = 0;
  free_ = 0;
  fences_[0] = {};
  started_ = (moment_ + 1) << kEpochMomentShift;
  tick(0);
}

void VectorClocks::create(std::size_t parent, std::size_t child) {
  make_room(child);
  copy(known_[parent], known_[child]);
  fences_[child] = {};
  tick(child);
  tick(parent);
}

void VectorClocks::create(std::size_t child) {
  make_room(child);
  std::fill_n(known_[child], threads_, Epoch{0});
  fences_[child] = {};
  tick(child);
}

void VectorClocks::make_room(std::size_t child) {
  if (child < threads_) return;
  threads_ = child + 1;
  known_.reserve(threads_, threads_);
  objects_.reserve(objects_reserved_, threads_);
}

void VectorClocks::join(std::size_t thread, std::size_t ended) {
  join_into(known_[ended], known_[thread]);
}

void VectorClocks::merge(ClockId from, ClockId& to) {
  if (from == 0) return;
  if (to == 0) to = make();
  join_into(objects_[from], objects_[to]);
}

void VectorClocks::assign(ClockId from, ClockId& to) {
  if (from == 0) return drop(to);
  if (to == 0) to = make();
  copy(objects_[from], objects_[to]);
}

void VectorClocks::drop(ClockId& object) {
  if (object == 0) return;
  objects_[object][0] = free_;
  free_ = object;
  object = 0;
}

void VectorClocks::release_fence(std::size_t thread) { release(thread, fences_[thread].released); }

Epoch VectorClocks::first_unknown(std::size_t thread, ClockId set) const {
  if (set == 0) return 0;
  const Epoch* epochs = objects_[set];
  const Epoch* known = known_[thread];
  for (std::size_t i = 0; i < threads_; ++i) {
    // Both may be left over from earlier executions.
    if (epochs[i] > known[i] && epochs[i] >= started_) return epochs[i];
  }
  return 0;
}

ClockId VectorClocks::make() {
  if (free_ != 0) {
    const ClockId object = free_;
    free_ = static_cast<ClockId>(objects_[object][0]);
    std::fill_n(objects_[object], threads_, Epoch{0});
    return object;
  }
  // A row that only earlier executions have used holds moments older than
  // everything in this one: nothing to clear.
  if (++objects_made_ >= objects_reserved_) {
    objects_reserved_ *= 2;
    objects_.reserve(objects_reserved_, 0);
  }
  return objects_made_;
}

}  // namespace raddle::detectors
