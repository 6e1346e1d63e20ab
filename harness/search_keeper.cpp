#include "harness/search_keeper.hpp"

#include "harness/checkpoint.hpp"
#include "harness/seconds_now.hpp"
#include "scheduler/strategies/exhaustive/tree_codec.hpp"
#include <raddle/raddle.hpp>

#include <algorithm>

namespace raddle::harness {

using scheduler::SharedTree;

bool SearchKeeper::has_reserve() {
  if (reserve_ == nullptr && !is_ending_round_ && !has_given_up_) reserve_ = tree_->take();
  return reserve_ != nullptr;
}

std::optional<Bytes> SearchKeeper::give(std::size_t worker) {
  if (!has_reserve()) return std::nullopt;
  tasks_[worker] = std::exchange(reserve_, nullptr);
  Bytes order;
  Writer out(order);
  out.put(round_);
  out.put(is_undivided_);
  out.put_bytes(tree_->bytes_of(*tasks_[worker]));
  return order;
}

std::optional<std::size_t> SearchKeeper::largest(const std::vector<bool>& may_give) const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i] == nullptr || !may_give[i]) continue;
    if (!best || SharedTree::depth(*tasks_[i]) < SharedTree::depth(*tasks_[*best])) best = i;
  }
  return best;
}

void SearchKeeper::receive(std::size_t worker, SearchMessage kind,
                           std::span<const std::uint8_t> message) {
  Reader in(message);
  SharedTree::Task*& task = tasks_[worker];
  const auto take_counts = [&] {
    counts_.add(get_counts(in));
    const std::string left_out = in.get_text();
    if (left_out_.empty()) left_out_ = left_out;
  };
  switch (kind) {
    case SearchMessage::Reversals:
      for (auto count = in.get<std::uint32_t>(); count > 0; --count) {
        const auto node = in.get<std::uint32_t>();
        scheduler::Sequence sequence;
        get(in, sequence);
        tree_->insert(*task, node, std::move(sequence));
      }
      return;
    case SearchMessage::Settled: {
      std::vector<scheduler::Access> did;
      get(in, did);
      tree_->settle(*task, did);
      return;
    }
    case SearchMessage::State:
      take_counts();
      tree_->update(*task, in.get_bytes());
      return;
    case SearchMessage::Split: {
      take_counts();
      Reader given(in.get_bytes());
      task = &tree_->split(*task, given);
      tree_->update(*task, in.get_bytes());
      return;
    }
    case SearchMessage::Done: {
      take_counts();
      std::vector<scheduler::Access> did;
      get(in, did);
      if (in.get<bool>()) {
        has_given_up_ = true;
      } else {
        tree_->finish(*task, did);
      }
      task = nullptr;
      if (is_ending_round_) end_round(worker);
      return;
    }
    case SearchMessage::Undivided:
      if (has_checkpoint_) {
        throw UsageError(
            "RADDLE_CHECKPOINT: the test has loops that wait for another thread, and what is known "
            "of them cannot be kept in a file. Explore it without a checkpoint");
      }
      take_counts();
      is_undivided_ = true;
      if (!in.get<bool>()) end_round(worker);
      return;
    case SearchMessage::Grown: take_counts(); return end_round(worker);
    case SearchMessage::Stopped: take_counts(); return;
  }
}

// The worker has dropped its task. When all have, everything begins anew.
void SearchKeeper::end_round(std::size_t worker) {
  tasks_[worker] = nullptr;
  is_ending_round_ = std::any_of(tasks_.begin(), tasks_.end(),
                                 [](const SharedTree::Task* task) { return task != nullptr; });
  if (is_ending_round_) return;
  reserve_ = nullptr;
  tree_ = std::make_unique<SharedTree>();
  ++round_;
  counts_.become_redundant();
  left_out_.clear();
}

void SearchKeeper::save(Writer& out) const {
  put(out, counts_);
  out.put_text(left_out_);
  out.put(is_undivided_);
  tree_->save(out);
}

void SearchKeeper::load(Reader& in) {
  counts_ = get_counts(in);
  earlier_runs_ = counts_.executions + counts_.redundant;
  left_out_ = in.get_text();
  is_undivided_ = in.get<bool>();
  tree_->load(in);
}

bool LocalLink::receive(Bytes& order) {
  if (keeper_.is_over()) return false;
  std::optional<Bytes> given = keeper_.give(0);
  if (given) order = std::move(*given);
  return given.has_value();
}

void LocalLink::send(SearchMessage kind, const Bytes& message) {
  keeper_.receive(0, kind, message);
  if (kind != SearchMessage::State || !is_saving_) return;
  is_saving_ = false;
  checkpoint_->save(keeper_);
  checkpoint_->set_due(seconds_now());
}

std::uint32_t LocalLink::wanted() {
  if (checkpoint_ == nullptr || !checkpoint_->is_due(seconds_now())) return 0;
  is_saving_ = true;
  return kWantsState;
}

}  // namespace raddle::harness
