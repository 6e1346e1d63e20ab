// Runs a version of a case and judges what came out.
#pragma once

#include "cases/case.hpp"

#include <cstdint>
#include <string>

namespace raddle::cases {

// Names the exploration, as tokens know it: "lost_update/mutex".
std::string test_name(const Case& of, const Version& version);

// explore() with the version's own options on top of `options`.
Report explore_version(const Case& of, const Version& version, Options options);

// What the search for a proof may cost one version: enough for most fixes, and the others do not
// become finite by more of it. Whichever is reached first.
inline constexpr std::uint64_t kVerifyExecutionsMax = 200'000;
inline constexpr double kVerifyTimeMax_s = 3;

// Explores every interleaving of the version, within these limits. Report::complete says whether
// it came to the end.
Report verify_version(const Case& of, const Version& version, Options options);

// Whether the report is what the version must give: nothing if it is a fix,
// else the expected finding and no other. Where races are explored, the race
// that leads to the consequence is allowed as well.
bool is_as_expected(const Version& version, const Report& report);

// The finding by which a report is judged: the expected one if it is there, else
// the first one, else null.
const Finding* judged_finding(const Version& version, const Report& report);

}  // namespace raddle::cases
