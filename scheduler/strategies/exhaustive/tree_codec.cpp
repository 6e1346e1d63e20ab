#include "scheduler/strategies/exhaustive/tree_codec.hpp"

namespace raddle::scheduler {
namespace {

void put(Writer& out, const std::vector<std::uint16_t>& values) {
  out.put_count(values.size());
  for (const std::uint16_t value : values) out.put(value);
}

void get(Reader& in, std::vector<std::uint16_t>& values) {
  values.resize(in.get_count());
  for (std::uint16_t& value : values) value = in.get<std::uint16_t>();
}

}  // namespace

// As they lie in memory: there are many of them.
static_assert(std::is_trivially_copyable_v<Access> && sizeof(Access) == 16);

namespace {

// Objects of these classes are known by numbers.
bool has_address(const Access& access) {
  return access.object != ObjectClass::Threads && access.object != ObjectClass::Wakeup &&
         access.object != ObjectClass::Clock;
}

void translate(std::vector<Access>& accesses, const AddressMap& map) {
  for (Access& access : accesses) {
    if (has_address(access)) access.address = map(access.address);
  }
}

}  // namespace

void put(Writer& out, const std::vector<Access>& accesses) {
  out.put_count(accesses.size());
  if (out.map() == nullptr) {
    out.put_raw(accesses.data(), accesses.size() * sizeof(Access));
    return;
  }
  std::vector<Access> translated = accesses;
  translate(translated, *out.map());
  out.put_raw(translated.data(), translated.size() * sizeof(Access));
}

void get(Reader& in, std::vector<Access>& accesses) {
  accesses.resize(in.get_count());
  in.get_raw(accesses.data(), accesses.size() * sizeof(Access));
  if (in.map() != nullptr) translate(accesses, *in.map());
}

void put(Writer& out, const StepId& id) {
  out.put(id.thread);
  out.put(id.number);
}

void get(Reader& in, StepId& id) {
  id.thread = in.get<ThreadId>();
  id.number = in.get<std::uint32_t>();
}

void put(Writer& out, const SequenceStep& step) {
  put(out, step.id);
  for (const StepId& need : step.needs) put(out, need);
  put(out, step.accesses);
  put(out, step.values);
  out.put(step.is_guess);
}

void get(Reader& in, SequenceStep& step) {
  get(in, step.id);
  for (StepId& need : step.needs) get(in, need);
  get(in, step.accesses);
  get(in, step.values);
  step.is_guess = in.get<bool>();
}

void put(Writer& out, const WakeupTree::Branch& branch) {
  put(out, branch.step);
  out.put_count(branch.ways.size());
  for (const WakeupTree::Branch::Way& way : branch.ways) {
    put(out, way.values);
    put(out, way.behind);
  }
  put(out, branch.whatever);
}

void get(Reader& in, WakeupTree::Branch& branch) {
  get(in, branch.step);
  branch.ways.resize(in.get_count());
  for (WakeupTree::Branch::Way& way : branch.ways) {
    get(in, way.values);
    get(in, way.behind);
  }
  get(in, branch.whatever);
}

void put(Writer& out, const WakeupTree::Branches& branches) {
  out.put_count(branches.size());
  for (const auto& branch : branches) put(out, *branch);
}

void get(Reader& in, WakeupTree::Branches& branches) {
  branches.clear();
  for (std::size_t count = in.get_count(); count > 0; --count) {
    branches.push_back(std::make_unique<WakeupTree::Branch>());
    get(in, *branches.back());
  }
}

void put(Writer& out, const std::unique_ptr<WakeupTree::Branch>& branch) {
  out.put(branch != nullptr);
  if (branch != nullptr) put(out, *branch);
}

void get(Reader& in, std::unique_ptr<WakeupTree::Branch>& branch) {
  branch.reset();
  if (!in.get<bool>()) return;
  branch = std::make_unique<WakeupTree::Branch>();
  get(in, *branch);
}

void put(Writer& out, const Exhaustive::Sleeper& sleeper) {
  out.put(sleeper.thread);
  put(out, sleeper.accesses);
  out.put(sleeper.is_elsewhere);
}

void get(Reader& in, Exhaustive::Sleeper& sleeper) {
  sleeper.thread = in.get<ThreadId>();
  get(in, sleeper.accesses);
  sleeper.is_elsewhere = in.get<bool>();
}

void put(Writer& out, const Exhaustive::Node& node) {
  out.put(node.is_value);
  out.put(node.step);
  if (node.is_value) {
    for (const std::size_t each : {node.count, node.first, node.from, node.explored, node.until}) {
      out.put_count(each);
    }
    return;
  }
  out.put(node.chosen);
  out.put_count(node.done);
  put(out, node.did);
  put(out, node.asleep);
  put(out, node.pending.branches());
  put(out, node.branch);
}

void get(Reader& in, Exhaustive::Node& node) {
  node.is_value = in.get<bool>();
  node.step = in.get<std::uint32_t>();
  if (node.is_value) {
    for (std::size_t* each : {&node.count, &node.first, &node.from, &node.explored, &node.until}) {
      *each = in.get<std::uint32_t>();
    }
    return;
  }
  node.chosen = in.get<ThreadId>();
  node.done = in.get<std::uint32_t>();
  get(in, node.did);
  get(in, node.asleep);
  WakeupTree::Branches branches;
  get(in, branches);
  node.pending.replace(std::move(branches));
  get(in, node.branch);
}

Bytes translated_task(std::span<const std::uint8_t> task, const AddressMap* in_map,
                      const AddressMap* out_map) {
  Reader in(task, in_map);
  Bytes bytes;
  Writer out(bytes, out_map);
  out.put(in.get<std::uint32_t>());
  out.put(in.get<bool>());
  std::vector<Exhaustive::Node> nodes;
  get(in, nodes);
  put(out, nodes);
  return bytes;
}

}  // namespace raddle::scheduler
