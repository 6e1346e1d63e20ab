#include "tests/report/golden.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace raddle::report::testing {

void expect_golden(const std::string& folder, const std::string& name, const std::string& text) {
  const std::string path = fmt::format("{}/golden/{}/{}.txt", RADDLE_TESTS_DIR, folder, name);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream in(path);
  ASSERT_TRUE(in) << "no golden file " << path << "; write it with UPDATE_GOLDEN=1";
  std::ostringstream expected;
  expected << in.rdbuf();
  EXPECT_EQ(text, expected.str()) << "compared with " << path;
}

}  // namespace raddle::report::testing
