// What documents point at is there.
#include "tests/docs/markdown.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace raddle::docs {
namespace {

// First groups of every match.
std::set<std::string> all(const std::string& text, const char* pattern) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
    found.insert((*at)[1]);
  }
  return found;
}

TEST(Links, LeadToFilesThatExist) {
  for (const Document& document : documents()) {
    for (const std::string& target : all(document.prose, R"(\]\(([^)#:]+)\))")) {
      const auto path = (root() / document.name).parent_path() / target;
      EXPECT_TRUE(std::filesystem::exists(path)) << document.name << " links to " << target;
    }
  }
}

// `scheduler/engine.cpp`, `ci/test`: paths from the root, in back quotes. Guides also name
// files that their reader is to write; those are in fenced blocks or have a < in them.
TEST(Links, NameSourcesThatExist) {
  std::size_t checked = 0;
  for (const Document& document : documents()) {
    const char* const kPath =
        "`((?:scheduler|detectors|harness|cases|tools|tests|bench|ci|cmake|docs)/[a-zA-Z0-9_./]+)`";
    for (const std::string& path : all(document.prose, kPath)) {
      EXPECT_TRUE(std::filesystem::exists(root() / path)) << document.name << " names " << path;
      ++checked;
    }
  }
  EXPECT_GE(checked, 40u);
}

}  // namespace
}  // namespace raddle::docs
