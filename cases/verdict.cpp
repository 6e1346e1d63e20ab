#include "cases/verdict.hpp"

#include <algorithm>

namespace raddle::cases {

std::string test_name(const Case& of, const Version& version) {
  return of.name + '/' + version.name;
}

Report explore_version(const Case& of, const Version& version, Options options) {
  options.test = test_name(of, version);
  options.on_race = version.on_race;
  return explore(version.body, options);
}

Report verify_version(const Case& of, const Version& version, Options options) {
  options.strategy = "exhaustive";
  options.executions = kVerifyExecutionsMax;
  options.time_s = kVerifyTimeMax_s;
  return explore_version(of, version, options);
}

bool is_as_expected(const Version& version, const Report& report) {
  if (!version.expected) return report.clean();
  const auto is_allowed = [&](const Finding& finding) {
    return finding.kind == *version.expected ||
           (finding.kind == FindingKind::DataRace && version.on_race == OnRace::Explore);
  };
  const Finding* const judged = judged_finding(version, report);
  return judged != nullptr && judged->kind == *version.expected &&
         std::ranges::all_of(report.findings, is_allowed);
}

const Finding* judged_finding(const Version& version, const Report& report) {
  const auto expected = std::ranges::find_if(
      report.findings, [&](const Finding& finding) { return finding.kind == version.expected; });
  if (expected != report.findings.end()) return &*expected;
  return report.clean() ? nullptr : &report.findings.front();
}

}  // namespace raddle::cases
