// Keeps the tree of a search, and what is known of it so far.
#pragma once

#include "harness/search_link.hpp"
#include "scheduler/strategies/exhaustive/shared_tree.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace raddle::harness {

class Checkpoint;

// Gives tasks to workers and takes in what they say. Knows nothing of processes.
class SearchKeeper {
 public:
  // `has_checkpoint`: the search must be one that can be kept in a file.
  SearchKeeper(std::size_t workers, bool has_checkpoint)
      : tasks_(workers), has_checkpoint_(has_checkpoint) {}

  bool has_task(std::size_t worker) const { return tasks_[worker] != nullptr; }
  // For a worker that has none. Nothing, if there is none now.
  std::optional<Bytes> give(std::size_t worker);
  // Is there one that could be given away?
  bool has_reserve();
  // Of those with a task whose `may_give`, the one with the largest part of the tree.
  std::optional<std::size_t> largest(const std::vector<bool>& may_give) const;
  // Throws UsageError if the search turns out not to be one.
  void receive(std::size_t worker, SearchMessage kind, std::span<const std::uint8_t> message);

  // One worker does everything.
  bool is_undivided() const { return is_undivided_; }
  // All workers have to drop what they have, and everything begins anew.
  bool is_ending_round() const { return is_ending_round_; }
  bool is_over() const { return has_given_up_ || (tree_->is_done() && !is_ending_round_); }
  bool is_complete() const { return tree_->is_done() && !has_given_up_ && left_out_.empty(); }
  const SearchCounts& counts() const { return counts_; }
  // Of executions before this process.
  std::uint64_t earlier_runs() const { return earlier_runs_; }
  const std::string& left_out() const { return left_out_; }
  double share() const { return tree_->share(); }
  void set_share(std::size_t worker, double share) { tree_->set_share(*tasks_[worker], share); }

  // See Checkpoint. load() is for one that has given nothing to anybody.
  void save(Writer& out) const;
  void load(Reader& in);

 private:
  void end_round(std::size_t worker);

  std::unique_ptr<scheduler::SharedTree> tree_ = std::make_unique<scheduler::SharedTree>();
  std::vector<scheduler::SharedTree::Task*> tasks_;  // by worker
  bool has_checkpoint_;
  scheduler::SharedTree::Task* reserve_ = nullptr;  // taken, and not yet given
  SearchCounts counts_;
  std::string left_out_;
  std::uint32_t round_ = 0;
  std::uint64_t earlier_runs_ = 0;
  bool has_given_up_ = false, is_ending_round_ = false, is_undivided_ = false;
};

// The worker's end where there is no other process.
class LocalLink final : public SearchLink {
 public:
  // `checkpoint` may be null.
  LocalLink(SearchKeeper& keeper, Checkpoint* checkpoint)
      : keeper_(keeper), checkpoint_(checkpoint) {}

  bool receive(Bytes& order) override;
  void send(SearchMessage kind, const Bytes& message) override;
  std::uint32_t wanted() override;

 private:
  SearchKeeper& keeper_;
  Checkpoint* checkpoint_;
  bool is_saving_ = false;
};

}  // namespace raddle::harness
