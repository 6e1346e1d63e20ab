// The parts of a search as bytes, so that another process can go on with them.
#pragma once

#include "scheduler/strategies/exhaustive/bytes.hpp"
#include "scheduler/strategies/exhaustive/exhaustive.hpp"
#include "scheduler/strategies/exhaustive/wakeup_tree.hpp"

#include <memory>
#include <vector>

namespace raddle::scheduler {

void put(Writer& out, const std::vector<Access>& accesses);
void put(Writer& out, const StepId& id);
void put(Writer& out, const SequenceStep& step);
void put(Writer& out, const WakeupTree::Branch& branch);
void put(Writer& out, const WakeupTree::Branches& branches);
void put(Writer& out, const Exhaustive::Sleeper& sleeper);
void put(Writer& out, const Exhaustive::Node& node);
template <typename T>
void put(Writer& out, const std::vector<T>& all) {
  out.put_count(all.size());
  for (const T& each : all) put(out, each);
}

void get(Reader& in, std::vector<Access>& accesses);
void get(Reader& in, StepId& id);
void get(Reader& in, SequenceStep& step);
void get(Reader& in, WakeupTree::Branch& branch);
void get(Reader& in, WakeupTree::Branches& branches);
void get(Reader& in, Exhaustive::Sleeper& sleeper);
void get(Reader& in, Exhaustive::Node& node);
template <typename T>
void get(Reader& in, std::vector<T>& all) {
  all.clear();
  all.resize(in.get_count());
  for (T& each : all) get(in, each);
}

// The bytes of Exhaustive::put_task with other addresses.
Bytes translated_task(std::span<const std::uint8_t> task, const AddressMap* in_map,
                      const AddressMap* out_map);

// One that may be none.
void put(Writer& out, const std::unique_ptr<WakeupTree::Branch>& branch);
void get(Reader& in, std::unique_ptr<WakeupTree::Branch>& branch);

}  // namespace raddle::scheduler
