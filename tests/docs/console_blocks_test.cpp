// What documents show as output is what comes out.
#include "tests/docs/markdown.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace raddle::docs {
namespace {

// Both streams of a shell command, run where the programs of the documents are.
std::string output_of(const std::string& command) {
  // UPDATE_GOLDEN is for this test; to raddle it would be an unknown option.
  const std::string whole =
      "cd '" RADDLE_SAMPLES_DIR "' && unset UPDATE_GOLDEN && { " + command + "; } 2>&1";
  std::FILE* pipe = popen(whole.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string output;
  char buffer[4096];
  while (const std::size_t bytes = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, bytes);
  }
  pclose(pipe);
  return output;
}

// The lines from the first that starts with `first` to the next that starts with `last`.
std::string extract(const std::string& output, const std::string& first, const std::string& last) {
  std::string part;
  for (const std::string& line : lines(output)) {
    if (part.empty() && !line.starts_with(first)) continue;
    part += line + "\n";
    if (line.starts_with(last)) return part;
  }
  return "";
}

// The text between the nth pair of quotes, from 0.
std::string quoted(const std::string& mark, std::size_t n) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < 2 * n + 1; ++i) begin = mark.find('"', begin) + 1;
  return mark.substr(begin, mark.find('"', begin) - begin);
}

void update(const std::string& name, const std::string& from, const std::string& to) {
  std::string text = read(root() / name);
  text.replace(text.find(from), from.size(), to);
  std::ofstream(root() / name) << text;
}

// `$ command` and a part of its output, which the mark tells: from "..." to "...".
void expect_true(const Document& document, const Block& block) {
  const std::string first_line = lines(block.text).at(0);
  ASSERT_TRUE(first_line.starts_with("$ ")) << block.where;
  const std::string output = output_of(first_line.substr(2));
  const std::string part = extract(output, quoted(block.mark, 0), quoted(block.mark, 1));
  ASSERT_NE(part, "") << block.where << ": not in\n" << output;
  const std::string expected = first_line + "\n" + part;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    update(document.name, "```console\n" + block.text, "```console\n" + expected);
    return;
  }
  EXPECT_EQ(block.text, expected) << block.where << "; UPDATE_GOLDEN=1 writes it anew";
}

TEST(ConsoleBlocks, ShowWhatComesOut) {
  std::size_t checked = 0;
  for (const Document& document : documents()) {
    for (const Block& block : document.blocks) {
      if (block.language != "console") continue;
      ASSERT_TRUE(block.mark.starts_with("output from \""))
          << block.where << ": say before it which part it shows";
      expect_true(document, block);
      ++checked;
    }
  }
  EXPECT_GE(checked, 1u);
}

TEST(ConsoleBlocks, EndInACommandThatReplaysTheFinding) {
  const Document readme = document("README.md");
  for (const Block& block : readme.blocks) {
    const std::size_t at = block.text.find("\nreplay: ");
    if (block.language != "console" || at == std::string::npos) continue;
    const std::string finding = lines(block.text).at(1);
    const std::string command = block.text.substr(at + 9, block.text.find('\n', at + 1) - at - 9);
    EXPECT_NE(output_of(command).find(finding), std::string::npos) << command;
    return;
  }
  FAIL() << "README.md shows no finding";
}

}  // namespace
}  // namespace raddle::docs
