// How far a long search has come, told on the way.
#pragma once

#include <cstdint>
#include <string_view>

namespace raddle::harness {

// A line on standard error: on a terminal one that is written anew every second and wiped at the
// end, elsewhere one a minute. Nothing for searches that end sooner.
class Progress {
 public:
  explicit Progress(std::string_view test);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `share`, from 0 to 1, of everything has been explored, as far as is known.
  void show(std::uint64_t executions, double share);

 private:
  std::string_view test_;
  bool is_terminal_;
  double begun_, shown_;  // seconds
  bool is_line_open_ = false;
};

}  // namespace raddle::harness
