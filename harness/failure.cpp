#include "harness/failure.hpp"

#include <fmt/format.h>

#include <cstring>
#include <string_view>

namespace raddle::harness {

namespace {

// "SIGSEGV" of "SIGSEGV: invalid address 0x17": the address may be another each time.
std::string_view sort_of_crash(std::string_view message) {
  return message.substr(0, message.find_first_of(":(,"));
}

}  // namespace

std::string Failure::text(const Options& options) const {
  if (kind == FindingKind::StepLimit && message[0] == '\0') {
    return fmt::format(
        "more than {} events in one execution; an endless loop, or the limit is too low "
        "(RADDLE_STEPS sets it)",
        options.steps_max);
  }
  return message;
}

bool Failure::is_same_as(const Failure& other) const {
  if (kind != other.kind) return false;
  switch (kind) {
    case FindingKind::DataRace:
    case FindingKind::UseAfterFree:
    case FindingKind::DoubleFree:
      // Another execution may have the object elsewhere, or race on it in another line.
      return problem.address == other.problem.address || problem.pc == other.problem.pc;
    case FindingKind::MutexMisuse:
      return problem.misuse == other.problem.misuse &&
             (problem.address == other.problem.address || problem.pc == other.problem.pc);
    case FindingKind::Assertion:
      // The message may hold values that differ from one interleaving to the next.
      return line == other.line && std::strcmp(file, other.file) == 0;
    case FindingKind::Crash: return sort_of_crash(message) == sort_of_crash(other.message);
    case FindingKind::ExitStatus: return std::strcmp(message, other.message) == 0;
    default: return true;
  }
}

}  // namespace raddle::harness
