#include "cases/catalogue.hpp"

#include <algorithm>

namespace raddle::cases {

const std::vector<Case>& catalogue() {
#define RADDLE_CALL_CASE(name) name(),
  static const std::vector<Case> cases{RADDLE_CASES(RADDLE_CALL_CASE)};
#undef RADDLE_CALL_CASE
  return cases;
}

const Case* find_case(std::string_view name) {
  const auto found = std::ranges::find(catalogue(), name, &Case::name);
  return found == catalogue().end() ? nullptr : &*found;
}

}  // namespace raddle::cases
