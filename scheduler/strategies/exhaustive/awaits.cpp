#include "scheduler/strategies/exhaustive/awaits.hpp"

#include "scheduler/objects/object.hpp"

#include <cstring>

namespace raddle::scheduler {
namespace {

// A retry loop is in another state each time it comes round.
constexpr std::uint64_t kChances = 256;

}  // namespace

bool may_look(const Operation& operation) {
  switch (operation.kind) {
    case EventKind::AtomicLoad:
    case EventKind::AtomicRmw: return true;
    case EventKind::MutexTryLock: return operation.object != nullptr;
    default: return false;
  }
}

std::uint64_t content_of(const Operation& operation) {
  if (operation.object != nullptr) return operation.object->owner != kNoThread ? 1 : 0;
  std::uint64_t word = 0;
  std::memcpy(&word, reinterpret_cast<const void*>(operation.address & ~std::uintptr_t{7}),
              sizeof(word));
  return word;
}

Awaits::Place* Awaits::find(std::uintptr_t pc) {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& place) { return place.pc == pc; });
  return found == places_.end() ? nullptr : &*found;
}

bool Awaits::wants_state(std::uintptr_t pc) {
  Place* place = find(pc);
  if (place == nullptr || place->chances == 0) return false;
  --place->chances;
  return true;
}

bool Awaits::add_repeated(std::uintptr_t pc) {
  Place* place = find(pc);
  if (place == nullptr) {
    places_.push_back({pc, kChances, 2 * kChances});
    return true;
  }
  if (place->chances > 0) return false;
  place->chances = place->chances_next;
  place->chances_next *= 2;
  return true;
}

void Awaits::note_vain(std::uintptr_t pc) {
  knows_any_ = true;
  if (Place* place = find(pc)) place->chances = std::max(place->chances, kChances);
}

std::span<const Awaits::Outcome> Awaits::of(const Digest& state) const {
  const auto found = outcomes_.find(state);
  return found == outcomes_.end() ? std::span<const Outcome>{} : found->second;
}

}  // namespace raddle::scheduler
