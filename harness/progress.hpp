// How far a long search has come, told on the way.
#pragma once

#include <cstdint>
#include <functional>
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

  // `share` says how much of everything has been explored, from 0 to 1, as far as is known. It is
  // asked only if there is something to be shown.
  void show(std::uint64_t executions, const std::function<double()>& share);

 private:
  std::string_view test_;
  bool is_terminal_;
  double begun_, shown_;  // seconds
  bool is_line_open_ = false;
};

}  // namespace raddle::harness
