// `raddle cases`: runs the catalogue and says whether every verdict is as it must be.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace raddle::tools {

struct CasesRequest {
  std::string case_name;     // empty: all
  std::string version_name;  // empty: all of the case
  bool list = false;         // says what there is and runs nothing
  bool show = false;         // prints the reports
  std::uint64_t executions = 2'000;
  std::uint64_t seed = 0;   // 0: a fresh one, which is printed
  std::uint64_t seeds = 1;  // how many; each further one is greater by 1
  std::string strategy = "random";
  bool verify = true;  // explores fixes exhaustively, too, as far as cases/verdict.hpp allows
  bool buggy = false, fixed = false;  // only these versions
  unsigned jobs = 0;                  // as Options::jobs
  bool color = false;
};

// Returns true if every verdict is as expected, and nothing was found in a fix exhaustively.
// That this was not complete does not make it false; its line says so. Throws UsageError, which
// lists close names, if there is no such case or version.
bool run_cases(const CasesRequest& request, std::ostream& out);

}  // namespace raddle::tools
