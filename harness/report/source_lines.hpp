#pragma once

#include <string>

namespace raddle::report {

// Line `line` (from 1) of a source file, without the white space around it;
// empty if the file cannot be read or has no such line.
std::string source_line(const std::string& file, int line);

}  // namespace raddle::report
