// What several searches explore together: the upper part of their tree, and who has which part
// below it.
#pragma once

#include "scheduler/strategies/exhaustive/bytes.hpp"
#include "scheduler/strategies/exhaustive/exhaustive.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace raddle::scheduler {

// A task is all that begins with certain choices. Whoever has it knows the choices that lead to it,
// who slept at each of them, and what has to follow. A branch that was given away counts as one
// that has been explored, although it still is being explored: those that are started after it
// leave to it whatever could begin with it, and what is found below them is inserted here, with
// it asleep. So every trace belongs to one task, whatever their number and whoever is first.
class SharedTree {
 public:
  // A branch that was started: either a task or a node.
  struct Branch;
  using Task = Branch;

  SharedTree();  // everything is one task
  ~SharedTree();

  bool is_done() const { return root_ == nullptr; }
  // A task that nobody has; now somebody has it. Null if there is none now.
  Task* take();
  // How many choices lead to it.
  static std::uint32_t depth(const Task& task);
  // For Exhaustive::begin_task.
  std::span<const std::uint8_t> bytes_of(const Task& task) const;

  // --- By whoever has the task. ---

  // How far it has come: what Exhaustive::put_task wrote, and how much of it is explored.
  void update(Task& task, std::span<const std::uint8_t> bytes);
  void set_share(Task& task, double share);
  // What was written by Exhaustive::split. Returns what the task is from now on.
  Task& split(Task& task, Reader& given);
  void insert(Task& task, std::uint32_t node, Sequence sequence);
  // What the step that leads into the task does is known (Exhaustive::has_settled).
  void settle(Task& task, std::span<const Access> did);
  // Nothing is left of it.
  void finish(Task& task, std::span<const Access> did);

  double share() const;  // of everything, that has been explored, as Exhaustive::share

  // For a file. Tasks are as of the last update, and nobody's when they are read.
  void save(Writer& out) const;
  // In place of what there is. Throws std::out_of_range if the bytes are damaged.
  void load(Reader& in);

 private:
  struct Node;

  Node* startable(Branch& branch, std::uint32_t depth, Branch*& waiting) const;
  bool start(Node& node);
  Branch& lower(Branch& branch, Exhaustive::Node& from);
  void insert(Node& node, ThreadId from, Sequence sequence);
  void learn(Task& task, std::span<const Access> did);
  void sleep(Branch& branch);
  void remove(Branch& branch);
  void remove_if_done(Node& node);
  Bytes path_to(const Branch& branch) const;
  double share(const Branch& branch) const;
  void save(Writer& out, const Branch& branch) const;
  void load(Reader& in, Branch& branch, Node* of);

  std::unique_ptr<Branch> root_;
};

}  // namespace raddle::scheduler
