// A search that was interrupted goes on from a file.
#pragma once

#include "harness/modules.hpp"
#include "harness/search_keeper.hpp"
#include <raddle/raddle.hpp>

#include <csignal>
#include <string>

namespace raddle::harness {

// The file of one test in the folder Options::checkpoint. It holds the tree of the search, each
// task in it as its worker last told, and what has been counted until then: what was run after that
// is run again, and counted once.
class Checkpoint {
 public:
  // Of complete and valid options. Throws UsageError if the folder cannot be used, or the file in
  // it is not of this test: damaged, of another program, or with other options.
  explicit Checkpoint(const Options& options);

  // What the file holds, if there is one.
  void load(SearchKeeper& keeper);
  // Throws UsageError if that is impossible.
  void save(const SearchKeeper& keeper);
  // There is nothing to go on with.
  void remove();
  // For a clock in seconds: it was not saved for so long that it should be.
  bool is_due(double now_s) const { return now_s >= due_s_; }
  void set_due(double now_s) { due_s_ = now_s + pause_s_; }

  const std::string& path() const { return path_; }

 private:
  scheduler::Bytes identity() const;

  const Options& options_;
  std::string path_;
  Modules modules_;
  double due_s_ = 0, pause_s_ = 0.005;
};

// While it lives, SIGINT and SIGTERM do not end the process at once.
class Interruption {
 public:
  Interruption();
  ~Interruption();  // ends it as the signal would have, if one has come
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  static bool has_come();
  // In a child process they mean what they did before.
  void forget();

 private:
  struct sigaction old_[2]{};
  bool is_forgotten_ = false;
};

}  // namespace raddle::harness
