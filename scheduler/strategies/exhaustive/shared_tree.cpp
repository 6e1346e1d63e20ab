#include "scheduler/strategies/exhaustive/shared_tree.hpp"

#include "scheduler/strategies/exhaustive/tree_codec.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace raddle::scheduler {

// A choice whose branches belong to several tasks.
struct SharedTree::Node {
  Branch* above = nullptr;
  std::uint32_t depth = 0;
  // As in Exhaustive::Node; `asleep` has those, too, that are still being explored. Values that
  // nobody has are branches.
  bool is_value = false;
  std::size_t count = 0, first = 0, done = 0;
  std::uint32_t step = 0;
  std::vector<Exhaustive::Sleeper> asleep;
  WakeupTree pending;
  std::vector<std::unique_ptr<Branch>> branches;
  // To be inserted as soon as it is known what all that were started do.
  struct Held {
    ThreadId from;
    Sequence sequence;
  };
  std::vector<Held> held;

  bool is_settled() const;
};

struct SharedTree::Branch {
  Node* of = nullptr;  // null: it is everything
  // Of a thread: which, what it was started for, how many slept then, whether any of its siblings
  // was still being explored, and what it does. That is settled once it is known for all values
  // that it may choose.
  ThreadId thread{};
  std::unique_ptr<WakeupTree::Branch> what;
  std::size_t asleep_before = 0;
  bool has_siblings = false;
  std::vector<Access> did;
  bool is_settled = false;
  std::size_t from = 0, until = 0;  // of values
  std::unique_ptr<Node> node;
  // Without a node: a task, in somebody's hands or not.
  bool is_taken = false;
  Bytes task;
  double share = 0;
};

bool SharedTree::Node::is_settled() const {
  return std::all_of(branches.begin(), branches.end(),
                     [](const auto& branch) { return branch->is_settled; });
}

SharedTree::SharedTree() : root_(std::make_unique<Branch>()) { root_->task = path_to(*root_); }

SharedTree::~SharedTree() = default;

SharedTree::Task* SharedTree::take() {
  for (;;) {
    if (root_ == nullptr) return nullptr;
    Branch* waiting = nullptr;
    Node* node = startable(*root_, std::numeric_limits<std::uint32_t>::max(), waiting);
    if (waiting != nullptr) {
      waiting->is_taken = true;
      return waiting;
    }
    if (node == nullptr) return nullptr;
    if (start(*node)) {
      node->branches.back()->is_taken = true;
      return node->branches.back().get();
    }
    remove_if_done(*node);
  }
}

// Looks in `branch`, above `depth`, for the highest place with something that nobody has: a task
// or a node at which a branch can be started.
SharedTree::Node* SharedTree::startable(Branch& branch, std::uint32_t depth,
                                        Branch*& waiting) const {
  if (branch.node == nullptr) {
    if (!branch.is_taken) waiting = &branch;
    return nullptr;
  }
  Node& node = *branch.node;
  if (node.depth >= depth) return nullptr;
  // What is wanted of a settled node: where steps are not yet known, a sibling might take for
  // independent what is not.
  if (!node.is_value && !node.pending.empty() && node.is_settled()) return &node;
  Node* best = nullptr;
  for (const auto& each : node.branches) {
    Branch* found = nullptr;
    Node* below = startable(*each, depth, found);
    if (found != nullptr) {
      const std::uint32_t at = found->of->depth;
      if (at < depth) waiting = found, best = nullptr, depth = at;
    } else if (below != nullptr) {
      waiting = nullptr, best = below, depth = below->depth;
    }
  }
  return best;
}

// The next branch of the node. False: what was left had to be left out.
bool SharedTree::start(Node& node) {
  while (!node.pending.empty()) {
    auto what = node.pending.take_first();
    const ThreadId thread = what->step.id.thread;
    const bool is_asleep =
        std::any_of(node.asleep.begin(), node.asleep.end(),
                    [&](const Exhaustive::Sleeper& each) { return each.thread == thread; });
    if (is_asleep) continue;
    auto branch = std::make_unique<Branch>();
    branch->of = &node;
    branch->thread = thread;
    branch->what = std::move(what);
    branch->asleep_before = node.asleep.size();
    branch->has_siblings = !node.branches.empty();
    branch->task = path_to(*branch);
    node.branches.push_back(std::move(branch));
    return true;
  }
  return false;
}

// The task that the branch is when it is started.
Bytes SharedTree::path_to(const Branch& branch) const {
  std::vector<const Branch*> path;
  for (const Branch* each = &branch; each->of != nullptr; each = each->of->above) {
    path.push_back(each);
  }
  std::reverse(path.begin(), path.end());
  const bool is_value = branch.of != nullptr && branch.of->is_value;
  std::size_t last_thread = path.size();
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!path[i]->of->is_value) last_thread = i;
  }
  Bytes bytes;
  Writer out(bytes);
  // Values that the branch stands for are the task's own choice.
  out.put_count(path.size() - (is_value ? 1 : 0));
  out.put(branch.of != nullptr && !is_value);
  out.put_count(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Branch& each = *path[i];
    Exhaustive::Node node;
    node.is_value = each.of->is_value;
    node.step = each.of->step;
    node.count = each.of->count;
    node.first = each.of->first;
    node.from = node.explored = each.from;
    node.until = each.until;
    node.chosen = each.thread;
    if (!node.is_value) {
      node.asleep.assign(each.of->asleep.begin(),
                         each.of->asleep.begin() + static_cast<std::ptrdiff_t>(each.asleep_before));
      for (Exhaustive::Sleeper& sleeper : node.asleep) {
        if (each.has_siblings) sleeper.is_elsewhere = true;
      }
      node.did = each.did;
    }
    if (i == last_thread && each.what != nullptr) {
      // A copy: other values may have more tasks.
      Bytes copy;
      Writer to(copy);
      put(to, *each.what);
      Reader from(copy);
      node.branch = std::make_unique<WakeupTree::Branch>();
      get(from, *node.branch);
    }
    put(out, node);
  }
  return bytes;
}

std::span<const std::uint8_t> SharedTree::bytes_of(const Task& task) const { return task.task; }

std::uint32_t SharedTree::depth(const Task& task) {
  return task.of != nullptr ? task.of->depth + 1 : 0;
}

void SharedTree::update(Task& task, std::span<const std::uint8_t> bytes) {
  task.task.assign(bytes.begin(), bytes.end());
}

void SharedTree::set_share(Task& task, double share) { task.share = share; }

SharedTree::Task& SharedTree::split(Task& task, Reader& given) {
  std::vector<Access> did;
  get(given, did);
  learn(task, did);
  Branch* at = &task;
  // If it stands for values, the first choice is the one among these.
  bool is_own = task.of != nullptr && task.of->is_value;
  for (auto count = given.get<std::uint32_t>(); count > 0; --count) {
    Exhaustive::Node node;
    get(given, node);
    if (is_own) {
      // The last of them: the others have been explored.
      at->of->done += node.explored - at->from;
      at->from = node.explored;
      is_own = false;
    } else {
      // A step that chooses values is not settled.
      if (at != &task && !at->of->is_value && !node.is_value) sleep(*at);
      at = &lower(*at, node);
    }
  }
  if (given.get<bool>()) sleep(*at);
  if (given.get<bool>()) {
    Exhaustive::Node node;
    get(given, node);
    if (!is_own) at = &lower(*at, node);
    at->until = node.until;
    auto rest = std::make_unique<Branch>();
    rest->of = at->of;
    rest->from = node.until;
    rest->until = given.get<std::uint32_t>();
    rest->task = path_to(*rest);
    at->of->branches.push_back(std::move(rest));
  }
  at->is_taken = true;
  return *at;
}

// Makes a node of what was a task. Returns the branch of it that is the task from now on.
SharedTree::Branch& SharedTree::lower(Branch& branch, Exhaustive::Node& from) {
  branch.task.clear();
  branch.node = std::make_unique<Node>();
  Node& node = *branch.node;
  node.above = &branch;
  node.depth = branch.of != nullptr ? branch.of->depth + 1 : 0;
  node.is_value = from.is_value;
  node.count = from.count;
  node.first = from.first;
  node.done = from.is_value ? from.explored : from.done;
  node.step = from.step;
  node.asleep = std::move(from.asleep);
  node.pending = std::move(from.pending);
  node.branches.push_back(std::make_unique<Branch>());
  Branch& below = *node.branches.back();
  below.of = &node;
  below.thread = from.chosen;
  below.what = std::move(from.branch);
  below.asleep_before = node.asleep.size();
  below.did = std::move(from.did);
  below.from = from.explored;
  below.until = from.explored + 1;
  return below;
}

void SharedTree::insert(Task& task, std::uint32_t depth, Sequence sequence) {
  for (Branch* branch = &task; branch->of != nullptr; branch = branch->of->above) {
    Node& node = *branch->of;
    if (node.depth != depth) continue;
    if (node.is_settled()) return insert(node, branch->thread, std::move(sequence));
    node.held.push_back({branch->thread, std::move(sequence)});
    return;
  }
  throw std::logic_error("a reversed race belongs nowhere");
}

// `from`: in whose branch it was found. That one does not sleep for it, since what is to come
// before its step may do something else there.
void SharedTree::insert(Node& node, ThreadId from, Sequence sequence) {
  for (const Exhaustive::Sleeper& sleeper : node.asleep) {
    if (sleeper.thread != from && Exhaustive::covers(sleeper, sequence)) return;
  }
  node.pending.insert(std::move(sequence));
}

void SharedTree::settle(Task& task, std::span<const Access> did) {
  learn(task, did);
  // One that was read from a file may have told it before.
  if (!task.is_settled) sleep(task);
}

// It is known what the step of the branch does.
void SharedTree::sleep(Branch& branch) {
  branch.is_settled = true;
  branch.what.reset();
  Node& node = *branch.of;
  node.asleep.push_back({branch.thread, branch.did, false});
  if (!node.is_settled()) return;
  for (Node::Held& held : node.held) insert(node, held.from, std::move(held.sequence));
  node.held.clear();
}

// Of the step that leads into the task.
void SharedTree::learn(Task& task, std::span<const Access> did) {
  Branch* branch = &task;
  while (branch->of != nullptr && branch->of->is_value) branch = branch->of->above;
  merge(did, branch->did);
}

void SharedTree::finish(Task& task, std::span<const Access> did) {
  learn(task, did);
  remove(task);
}

void SharedTree::remove(Branch& branch) {
  if (branch.of == nullptr) {
    root_.reset();
    return;
  }
  Node& node = *branch.of;
  if (node.is_value) {
    node.done += branch.until - branch.from;
  } else {
    if (!branch.is_settled) sleep(branch);
    ++node.done;
  }
  std::erase_if(node.branches, [&](const auto& each) { return each.get() == &branch; });
  remove_if_done(node);
}

void SharedTree::remove_if_done(Node& node) {
  if (node.branches.empty() && node.pending.empty()) remove(*node.above);
}

double SharedTree::share() const { return root_ == nullptr ? 1 : share(*root_); }

double SharedTree::share(const Branch& branch) const {
  if (branch.node == nullptr) return branch.share;
  const Node& node = *branch.node;
  double done = static_cast<double>(node.done);
  for (const auto& each : node.branches) {
    done += share(*each) * static_cast<double>(node.is_value ? each->until - each->from : 1);
  }
  const std::size_t all =
      node.is_value ? node.count : node.done + node.branches.size() + node.pending.size();
  return done / static_cast<double>(all);
}

void SharedTree::save(Writer& out) const {
  out.put(root_ != nullptr);
  if (root_ != nullptr) save(out, *root_);
}

void SharedTree::load(Reader& in) {
  root_.reset();
  if (!in.get<bool>()) return;
  root_ = std::make_unique<Branch>();
  load(in, *root_, nullptr);
}

void SharedTree::save(Writer& out, const Branch& branch) const {
  out.put(branch.thread);
  put(out, branch.what);
  out.put_count(branch.asleep_before);
  out.put(branch.has_siblings);
  put(out, branch.did);
  out.put(branch.is_settled);
  out.put_count(branch.from);
  out.put_count(branch.until);
  out.put(branch.share);
  out.put(branch.node != nullptr);
  if (branch.node == nullptr) {
    out.put_bytes(translated_task(branch.task, nullptr, out.map()));
    return;
  }
  const Node& node = *branch.node;
  out.put(node.is_value);
  out.put_count(node.count);
  out.put_count(node.first);
  out.put_count(node.done);
  out.put(node.step);
  put(out, node.asleep);
  put(out, node.pending.branches());
  out.put_count(node.held.size());
  for (const Node::Held& held : node.held) {
    out.put(held.from);
    put(out, held.sequence);
  }
  out.put_count(node.branches.size());
  for (const auto& each : node.branches) save(out, *each);
}

void SharedTree::load(Reader& in, Branch& branch, Node* of) {
  branch.of = of;
  branch.thread = in.get<ThreadId>();
  get(in, branch.what);
  branch.asleep_before = in.get<std::uint32_t>();
  branch.has_siblings = in.get<bool>();
  get(in, branch.did);
  branch.is_settled = in.get<bool>();
  branch.from = in.get<std::uint32_t>();
  branch.until = in.get<std::uint32_t>();
  branch.share = in.get<double>();
  if (!in.get<bool>()) {
    branch.task = translated_task(in.get_bytes(), in.map(), nullptr);
    return;
  }
  branch.node = std::make_unique<Node>();
  Node& node = *branch.node;
  node.above = &branch;
  node.depth = of != nullptr ? of->depth + 1 : 0;
  node.is_value = in.get<bool>();
  node.count = in.get<std::uint32_t>();
  node.first = in.get<std::uint32_t>();
  node.done = in.get<std::uint32_t>();
  node.step = in.get<std::uint32_t>();
  get(in, node.asleep);
  WakeupTree::Branches pending;
  get(in, pending);
  node.pending.replace(std::move(pending));
  node.held.resize(in.get_count());
  for (Node::Held& held : node.held) {
    held.from = in.get<ThreadId>();
    get(in, held.sequence);
  }
  for (std::size_t count = in.get_count(); count > 0; --count) {
    node.branches.push_back(std::make_unique<Branch>());
    load(in, *node.branches.back(), &node);
  }
}

}  // namespace raddle::scheduler
