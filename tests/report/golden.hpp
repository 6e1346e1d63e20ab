#pragma once

#include <string>

namespace raddle::report::testing {

// Compares `text` with tests/golden/report/<name>.txt. With
// RADDLE_UPDATE_GOLDEN=1 set the file is written instead.
void expect_golden(const std::string& name, const std::string& text);

}  // namespace raddle::report::testing
