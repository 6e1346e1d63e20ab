#include "tools/close_names.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>

namespace raddle::tools {
namespace {

using Pairs = std::multiset<std::string_view>;

Pairs letter_pairs(std::string_view text) {
  Pairs pairs;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) pairs.insert(text.substr(i, 2));
  return pairs;
}

// The share of letter pairs that both have (Dice's coefficient): unlike an edit distance, it
// also finds `withdraw_80_80` from "withdraw", and words in another order.
double resemblance(const Pairs& a, const Pairs& b) {
  std::vector<std::string_view> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  return 2.0 * static_cast<double>(both.size()) / static_cast<double>(a.size() + b.size());
}

}  // namespace

std::vector<std::string> close_names(std::string_view wrong,
                                     const std::vector<std::string>& names) {
  constexpr double kAlike = 0.3;
  constexpr std::size_t kNamesMax = 3;
  std::vector<std::pair<double, std::string>> ranked;
  const Pairs pairs = letter_pairs(wrong);
  for (const std::string& name : names) {
    const double alike = resemblance(pairs, letter_pairs(name));
    if (alike >= kAlike) ranked.emplace_back(-alike, name);
  }
  std::ranges::sort(ranked);
  std::vector<std::string> close;
  for (const auto& [rank, name] : ranked) {
    if (close.size() < kNamesMax) close.push_back(name);
  }
  return close;
}

}  // namespace raddle::tools
