#include "scheduler/objects/object.hpp"

#include "scheduler/thread.hpp"

namespace raddle::scheduler {

ObjectTable::ObjectTable() : slots_(256) {}

void ObjectTable::begin_execution() {
  ++generation_;
  used_ = 0;
}

Object* ObjectTable::find(std::uintptr_t address) {
  const std::size_t mask = slots_.size() - 1;
  // A slot of an earlier execution ends the chain: it counts as free.
  for (std::size_t i = hash(address) & mask; slots_[i].generation == generation_;
       i = (i + 1) & mask) {
    if (slots_[i].address == address) return pool_[slots_[i].index].get();
  }
  return nullptr;
}

Object& ObjectTable::look_up(std::uintptr_t address, ObjectKind kind, bool& is_new) {
  Object*& recent = recent_[hash(address) & (kRecent - 1)];
  Object* object = find(address);
  if (object != nullptr && object->kind == kind) {
    is_new = false;
    return *(recent = object);
  }
  is_new = true;
  std::uint16_t ordinal;
  std::uint32_t askers = 0;
  if (object != nullptr) {
    ordinal = object->ordinal;
    askers = object->askers;  // of what was here before; they go on asking
  } else {
    if (used_ * 2 >= slots_.size() || used_ == pool_.size()) grow();
    insert(address, static_cast<std::uint32_t>(used_));
    object = pool_[used_++].get();
    ordinal = static_cast<std::uint16_t>(used_);
  }
  *object = Object{};
  object->address = address;
  object->generation = generation_;
  object->kind = kind;
  object->ordinal = ordinal;
  object->askers = askers;
  return *(recent = object);
}

void ObjectTable::insert(std::uintptr_t address, std::uint32_t pool_index) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash(address) & mask;
  while (slots_[i].generation == generation_) i = (i + 1) & mask;
  slots_[i] = {address, generation_, pool_index};
}

void ObjectTable::grow() {
  // What is allocated here outlives the execution.
  const RuntimeScope scope;
  if (used_ == pool_.size()) pool_.push_back(std::make_unique<Object>());
  if (used_ * 2 < slots_.size()) return;
  slots_.assign(slots_.size() * 2, Slot{});
  for (std::size_t k = 0; k < used_; ++k) {
    insert(pool_[k]->address, static_cast<std::uint32_t>(k));
  }
}

void ObjectTable::forget(std::uintptr_t low, std::uintptr_t high) {
  for (std::size_t k = 0; k < used_; ++k) {
    Object& object = *pool_[k];
    if (object.address >= low && object.address < high) object.kind = ObjectKind::None;
  }
}

}  // namespace raddle::scheduler
