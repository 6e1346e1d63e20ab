// The reports as a person reads them: what and where in one line, the table,
// how to replay it, then the details.
#include "harness/report/paint.hpp"
#include "harness/report/source_lines.hpp"
#include "harness/report/symbols.hpp"
#include "harness/report/table.hpp"
#include "harness/report/words.hpp"
#include <raddle/raddle.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace raddle {

using report::Ink;
using report::paint;

namespace {

constexpr std::size_t kWidth = 100;  // columns of the screen

std::string place(const Frame& frame) {
  if (frame.file.empty()) return "";
  const std::string path = report::display_path(frame.file);
  return frame.line > 0 ? fmt::format("{}:{}", path, frame.line) : path;
}

// The frames, with the code of the program's first line that can be read. Where
// a library has its own lines is of no use to the reader.
std::string stack_text(const std::vector<Frame>& stack, bool color) {
  constexpr std::size_t kWidestFunction = 44;
  std::size_t width = 0;
  for (const Frame& frame : stack) width = std::max(width, report::width_of(frame.function));
  width = std::min(width, kWidestFunction);
  std::string out;
  bool is_shown = false;
  // Of a recursion without end, its beginning and its end.
  constexpr std::size_t kFirst = 8, kLast = 4;
  const bool is_deep = stack.size() > 2 * (kFirst + kLast);
  for (std::size_t i = 0; i < stack.size(); ++i) {
    if (is_deep && i == kFirst) {
      i = stack.size() - kLast;
      out += fmt::format("    ... {} more calls\n", i - kFirst);
    }
    const Frame& frame = stack[i];
    const bool is_program = report::is_program(frame);
    std::string line = "    " + report::padded(frame.function, width) + "  " +
                       paint(is_program ? place(frame) : "", Ink::Dim, color);
    out += line.erase(line.find_last_not_of(' ') + 1) + "\n";
    if (is_shown || !is_program) continue;
    const std::string code = report::source_line(frame.file, frame.line);
    if (code.empty()) continue;
    out += "      " + paint("| " + code, Ink::Cyan, color) + "\n";
    is_shown = true;
  }
  return out;
}

std::string details(const Finding& finding, bool color) {
  std::string out;
  for (const std::string& note : finding.notes) out += report::wrapped(note, kWidth) + "\n";
  if (!finding.notes.empty() && !finding.sites.empty()) out += "\n";
  for (const Site& site : finding.sites) {
    out += paint(site.what + (site.stack.empty() ? "" : ":"), Ink::Bold, color) + "\n";
    out += stack_text(site.stack, color);
  }
  return out;
}

std::string replay_line(const Finding& finding) {
  if (!finding.replay_command.empty()) return "replay: " + finding.replay_command + "\n";
  if (!finding.token.empty()) return "replay: RADDLE_REPLAY=" + finding.token + "\n";
  return "";
}

}  // namespace

std::string_view name(FindingKind kind) {
  switch (kind) {
    case FindingKind::DataRace: return "data-race";
    case FindingKind::Deadlock: return "deadlock";
    case FindingKind::LostWakeup: return "lost-wakeup";
    case FindingKind::MutexMisuse: return "mutex-misuse";
    case FindingKind::UseAfterFree: return "use-after-free";
    case FindingKind::DoubleFree: return "double-free";
    case FindingKind::Assertion: return "assertion";
    case FindingKind::Exception: return "exception";
    case FindingKind::Crash: return "crash";
    case FindingKind::ExitStatus: return "exit-status";
    case FindingKind::Nondeterminism: return "nondeterminism";
    case FindingKind::UncontrolledBlocking: return "uncontrolled-blocking";
    case FindingKind::StepLimit: return "step-limit";
  }
  return "unknown";
}

std::string Finding::text(bool color) const {
  std::string out = paint(summary, Ink::Red, color) + "\n";
  out += report::table(*this, {.color = color, .width = kWidth});
  if (execution > 0) {
    out += fmt::format("found in execution {}, schedule with {}\n", execution,
                       report::counted(preemptions, "preemption"));
  }
  out += replay_line(*this);
  const std::string more = details(*this, color);
  if (!more.empty()) out += "\n" + more;
  return out;
}

std::string Report::coverage() const {
  if (complete) return "complete: every interleaving was explored";
  if (strategy == "estimate") {
    return fmt::format("strategy {}, seed {}: about {:.3g} +- {:.2g} executions would be all", strategy,
                       seed, estimate, estimate_deviation);
  }
  if (!phases.empty()) {
    std::string out = fmt::format("strategy {}, seed {}:", strategy, seed);
    for (const Phase& phase : phases) {
      out += fmt::format("{} {} by {}", &phase == &phases.front() ? "" : ",", phase.executions,
                         phase.strategy);
      if (!phase.note.empty()) out += fmt::format(" ({})", phase.note);
    }
    return out;
  }
  if (!left_out.empty()) return fmt::format("strategy {}: not complete: {}", strategy, left_out);
  if (strategy == "exhaustive") {
    const std::string of =
        share > 0 && findings.empty() ? fmt::format(", about {:.2g} % explored", 100 * share) : "";
    return fmt::format("strategy {}: not complete: ended by {}{}", strategy, limit, of);
  }
  return fmt::format("strategy {}, seed {}", strategy, seed);
}

std::string Report::text(bool color) const {
  std::string out;
  const std::string of = test.empty() ? "" : test + ": ";
  const std::string verdict =
      findings.empty() ? paint("nothing found", Ink::Green, color)
                       : paint(report::counted(findings.size(), "finding"), Ink::Red, color);
  out += fmt::format("{}{} in {}", of, verdict, report::counted(executions, "execution"));
  if (!strategy.empty()) out += ", " + coverage();
  out += fmt::format(", {:.2f} s\n", elapsed_s);
  for (const Finding& finding : findings) out += "\n" + finding.text(color);
  return out;
}

std::ostream& operator<<(std::ostream& out, const Report& report) { return out << report.text(); }

}  // namespace raddle
