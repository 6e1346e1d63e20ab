#include "harness/failure.hpp"

#include <cstring>

namespace raddle::harness {

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
    default:
      return true;
  }
}

}  // namespace raddle::harness
