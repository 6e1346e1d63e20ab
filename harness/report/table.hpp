// The table of an interleaving: one column a thread, one row a step.
#pragma once

#include <raddle/raddle.hpp>

#include <string>

namespace raddle::report {

struct Style {
  bool color = false;
  std::size_t width = 100;  // columns of the screen
};

// The table with its heading, each line ended; empty if the finding has no steps. Only threads
// that do something in it have a column. Cells that are too long end in "…". More threads than
// fit side by side are told in one column, each step with the name of its thread.
std::string table(const Finding& finding, const Style& style);

}  // namespace raddle::report
