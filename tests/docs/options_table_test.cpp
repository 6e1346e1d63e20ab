// The README's table of options against harness/options.
#include "harness/options.hpp"
#include "tests/docs/markdown.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace raddle::docs {
namespace {

struct Row {
  std::string variable, member, standard;
};

// The text between back quotes in a cell, else "".
std::string code_in(const std::string& cell) {
  const std::size_t begin = cell.find('`');
  return begin == cell.npos ? "" : cell.substr(begin + 1, cell.find('`', begin + 1) - begin - 1);
}

std::vector<Row> table() {
  std::vector<Row> rows;
  for (const std::string& line : lines(document("README.md").text)) {
    if (!line.starts_with("| `RADDLE_")) continue;
    std::vector<std::string> cells;
    for (std::size_t begin = 1; begin < line.size();) {
      const std::size_t end = line.find('|', begin);
      cells.push_back(code_in(line.substr(begin, end - begin)));
      begin = end + 1;
    }
    rows.push_back({cells.at(0), cells.at(1), cells.at(2)});
  }
  return rows;
}

constexpr harness::StrategyInfo kPortfolio{"portfolio", "portfolio", ""};

Options with(const std::string& variable, const std::string& value) {
  return harness::with_environment({}, {{variable, value}}, {&kPortfolio, 1});
}

auto members(const Options& o) {
  return std::tie(o.test, o.strategy, o.seed, o.executions, o.time_s, o.jobs, o.steps_max,
                  o.watchdog_s, o.on_race, o.all_accesses, o.spurious_wakeups, o.weak_failures,
                  o.minimise, o.replay, o.stack_bytes, o.checkpoint);
}

TEST(OptionsTable, NamesEveryVariableInTheOrderOfTheErrorThatListsThem) {
  std::string names = "valid: ";
  for (const Row& row : table()) {
    if (names.back() != ' ') names += ", ";
    names += row.variable;
  }
  try {
    with("RADDLE_ZZZ", "1");
    FAIL() << "RADDLE_ZZZ was accepted";
  } catch (const UsageError& error) {
    EXPECT_EQ(lines(error.what()).back(), names);
  }
}

TEST(OptionsTable, TellsTheDefaults) {
  ASSERT_FALSE(table().empty());
  for (const Row& row : table()) {
    if (row.standard.empty()) continue;
    EXPECT_EQ(members(with(row.variable, row.standard)), members(Options{})) << row.variable;
  }
  EXPECT_NE(members(with("RADDLE_STEPS", "7")), members(Options{}));
}

TEST(OptionsTable, NamesMembersThatTheHeaderHas) {
  const std::string header = read(root() / "harness/include/raddle/raddle.hpp");
  for (const Row& row : table()) {
    bool is_member = false;
    for (const std::string& line : lines(header)) {
      if (line.find("// " + row.variable) != line.npos) {
        is_member = line.find(" " + row.member + " = ") != line.npos;
      }
    }
    EXPECT_TRUE(is_member) << row.variable << " is not " << row.member;
  }
}

}  // namespace
}  // namespace raddle::docs
