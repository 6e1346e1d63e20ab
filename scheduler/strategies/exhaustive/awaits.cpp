#include "scheduler/strategies/exhaustive/awaits.hpp"

namespace raddle::scheduler {
namespace {

// A retry loop is in another state each time it comes round.
constexpr std::uint64_t kChances = 256;

}  // namespace

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
