#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace raddle::tools {

// Those of `names` that `wrong` may have been meant as, the closest first: at
// most three, none if it resembles nothing.
std::vector<std::string> close_names(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace raddle::tools
