#pragma once

#include <string>

namespace raddle::report::testing {

// Compares `text` with tests/golden/<folder>/<name>.txt. With
// UPDATE_GOLDEN=1 set the file is written instead.
void expect_golden(const std::string& folder, const std::string& name, const std::string& text);

}  // namespace raddle::report::testing
