#include "tests/docs/markdown.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

namespace raddle::docs {
namespace {

std::string_view unindented(std::string_view line, std::size_t indentation) {
  const std::size_t first = std::min(line.find_first_not_of(' '), line.size());
  return line.substr(std::min(first, indentation));
}

std::string mark_in(std::string_view line) {
  const std::size_t begin = line.find("<!-- ");
  const std::size_t end = line.find(" -->");
  if (begin == line.npos || end == line.npos) return "";
  return std::string(line.substr(begin + 5, end - begin - 5));
}

// Fills in what is to be taken out of the text.
void take_apart(Document& document) {
  std::vector<Block>& blocks = document.blocks;
  bool is_inside = false;
  std::size_t number = 0, indentation = 0;
  std::string before;
  for (const std::string& line : lines(document.text)) {
    ++number;
    const std::size_t fence = line.find("```");
    const bool is_fence = fence != line.npos && line.find_first_not_of(' ') == fence;
    if (is_fence && !is_inside) {
      indentation = fence;
      blocks.push_back({document.name + ":" + std::to_string(number), line.substr(fence + 3),
                        mark_in(before), ""});
    } else if (!is_fence && is_inside) {
      blocks.back().text += std::string(unindented(line, indentation)) + "\n";
    } else if (!is_fence) {
      document.prose += line + "\n";
    }
    if (is_fence) is_inside = !is_inside;
    before = line;
  }
}

}  // namespace

std::filesystem::path root() { return std::filesystem::path(RADDLE_TESTS_DIR).parent_path(); }

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::system_error(errno, std::generic_category(), file.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) result.push_back(line);
  return result;
}

Document document(const std::string& name) {
  Document document{name, read(root() / name), "", {}};
  take_apart(document);
  return document;
}

std::vector<Document> documents() {
  std::vector<Document> all{document("README.md")};
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root() / "docs")) {
    if (entry.path().extension() != ".md") continue;
    names.push_back(std::filesystem::relative(entry.path(), root()).string());
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) all.push_back(document(name));
  return all;
}

}  // namespace raddle::docs
