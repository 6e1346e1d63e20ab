// Tasks of Exhaustive: a stack of nodes of which those below floor_ stay as they are.
#include "scheduler/strategies/exhaustive/tree_codec.hpp"

#include <algorithm>

namespace raddle::scheduler {

void Exhaustive::begin_task(Reader task) {
  floor_ = task.get<std::uint32_t>();
  is_unsettled_ = task.get<bool>();
  get(task, nodes_);
  size_ = nodes_.size();
  has_settled_ = false;
  was_pruned_ = false;
  reversals_.clear();
  // What leads to where it goes on is run again. What raced there has been seen by others.
  fresh_ = size_ > 0 ? nodes_.back().step : 0;
  known_ = 0;
  history_.truncate(0);
  node_of_step_.clear();
}

void Exhaustive::put_task(Writer& out) const {
  out.put_count(floor_);
  out.put(is_unsettled_);
  out.put_count(size_);
  for (std::size_t i = 0; i < size_; ++i) put(out, nodes_[i]);
}

// After an execution, before the nodes that it made are left.
void Exhaustive::settle() {
  if (!is_unsettled_) return;
  is_unsettled_ = false;
  // With other values it may do something else.
  has_settled_ = size_ == floor_ || !nodes_[floor_].is_value;
}

const std::vector<Access>& Exhaustive::first_step() const {
  static const std::vector<Access> kNone;
  for (std::size_t i = floor_; i-- > 0;) {
    if (!nodes_[i].is_value) return nodes_[i].did;
  }
  return kNone;
}

bool Exhaustive::split(Writer& out) {
  std::size_t at = floor_;
  for (; at < size_; ++at) {
    const Node& node = nodes_[at];
    if (node.is_value ? node.explored + 1 < node.until : !node.pending.empty()) break;
  }
  if (at == size_) return false;
  Node& node = nodes_[at];
  // Of values the upper half is given away, and the node stays.
  const std::size_t end = node.is_value ? at : at + 1;
  put(out, first_step());
  out.put_count(end - floor_);
  for (std::size_t i = floor_; i < end; ++i) {
    put(out, nodes_[i]);
    nodes_[i].pending.clear();
  }
  // Is it known what the last of them does?
  const bool is_top = end == size_;
  out.put(end > floor_ && !is_top && !nodes_[end].is_value);
  out.put(node.is_value);
  if (node.is_value) {
    const std::size_t until = node.until;
    node.until = (node.explored + until + 1) / 2;
    put(out, node);
    out.put_count(until);
  }
  if (end > floor_) is_unsettled_ = is_top && !nodes_[end - 1].is_value;
  floor_ = end;
  return true;
}

}  // namespace raddle::scheduler
