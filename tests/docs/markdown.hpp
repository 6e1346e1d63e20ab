// What the documents of the repository claim, taken out of their Markdown.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace raddle::docs {

// A fenced block, and the comment on the line before it.
struct Block {
  std::string where;     // "README.md:17", of the fence
  std::string language;  // "cpp", "console", ...; empty if it names none
  std::string mark;      // inside of <!-- ... -->; empty if there is none
  std::string text;      // with a newline after each line, without the indentation of the fence
};

struct Document {
  std::string name;  // from the root of the repository
  std::string text;
  std::string prose;  // what lies outside of fenced blocks
  std::vector<Block> blocks;
};

// The root of the repository.
std::filesystem::path root();
// The file's text. Throws std::system_error with its path.
std::string read(const std::filesystem::path& file);

// README.md and everything below docs/.
std::vector<Document> documents();
Document document(const std::string& name);

std::vector<std::string> lines(const std::string& text);

}  // namespace raddle::docs
