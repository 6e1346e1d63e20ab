// Code in documents comes from files that compile.
#include "tests/docs/markdown.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace raddle::docs {
namespace {

bool has(const std::string& line, const std::string& text) { return line.find(text) != line.npos; }

// The lines between `[region]` and `[/region]`, or nothing.
std::optional<std::vector<std::string>> region(const std::vector<std::string>& file,
                                               const std::string& name) {
  const auto begin = std::find_if(file.begin(), file.end(),
                                  [&](const auto& line) { return has(line, " [" + name + "]"); });
  const auto end = std::find_if(begin, file.end(),
                                [&](const auto& line) { return has(line, " [/" + name + "]"); });
  if (end == file.end()) return std::nullopt;
  return std::vector<std::string>{begin + 1, end};
}

bool is_ellipsis(const std::string& line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first != line.npos && line.compare(first, 3, "...") == 0;
}

// Is `block`, from `at` on, the lines of `file` from `from` on? A line of "..." stands for any.
bool matches(const std::vector<std::string>& block, std::size_t at,
             const std::vector<std::string>& file, std::size_t from) {
  for (; at < block.size(); ++at, ++from) {
    if (is_ellipsis(block[at])) {
      for (; from <= file.size(); ++from) {
        if (matches(block, at + 1, file, from)) return true;
      }
      return false;
    }
    if (from >= file.size() || block[at] != file[from]) return false;
  }
  return true;
}

bool is_found_in(const std::vector<std::string>& block, const std::vector<std::string>& file) {
  for (std::size_t from = 0; from < file.size(); ++from) {
    if (matches(block, 0, file, from)) return true;
  }
  return false;
}

// `mark`: "a file", of which the block is a part, or "a file [region]", which it is.
void expect_same(const Block& block) {
  const std::size_t space = block.mark.find(' ');
  const std::vector<std::string> file = lines(read(root() / block.mark.substr(0, space)));
  const std::vector<std::string> shown = lines(block.text);
  if (space == std::string::npos) {
    EXPECT_TRUE(is_found_in(shown, file))
        << block.where << " is not what " << block.mark << " says";
    return;
  }
  const std::string name = block.mark.substr(space + 2, block.mark.size() - space - 3);
  const auto expected = region(file, name);
  ASSERT_TRUE(expected) << block.where << ": no region in " << block.mark;
  EXPECT_EQ(shown, *expected) << block.where << " is not " << block.mark;
}

TEST(CodeBlocks, ComeFromFilesThatCompile) {
  std::size_t checked = 0;
  for (const Document& document : documents()) {
    for (const Block& block : document.blocks) {
      if (block.language != "cpp" && block.language != "cmake") continue;
      ASSERT_NE(block.mark, "") << block.where << ": say before it which file it is from";
      expect_same(block);
      ++checked;
    }
  }
  EXPECT_GE(checked, 4u);
}

TEST(CodeBlocks, AreComparedLineByLine) {
  const std::vector<std::string> file{"one", "two", "three", "four"};
  EXPECT_TRUE(is_found_in({"two", "three"}, file));
  EXPECT_TRUE(is_found_in({"one", "  ...  // and so on", "four"}, file));
  EXPECT_FALSE(is_found_in({"two", "four"}, file));
  EXPECT_FALSE(is_found_in({"three", "...", "two"}, file));
  EXPECT_FALSE(is_found_in({"two "}, file));
}

}  // namespace
}  // namespace raddle::docs
