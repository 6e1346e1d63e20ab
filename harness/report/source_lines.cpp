#include "harness/report/source_lines.hpp"

#include <fstream>

namespace raddle::report {

std::string source_line(const std::string& file, int line) {
  if (file.empty() || line < 1) return {};
  std::ifstream in(file);
  std::string text;
  for (int i = 0; i < line; ++i) {
    if (!std::getline(in, text)) return {};
  }
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") + 1 - from);
}

}  // namespace raddle::report
