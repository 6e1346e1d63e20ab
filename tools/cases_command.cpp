#include "tools/cases_command.hpp"

#include "cases/catalogue.hpp"
#include "cases/verdict.hpp"
#include "tools/close_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace raddle::tools {
namespace {

using cases::Case;
using cases::Version;
using Selection = std::vector<std::pair<const Case*, const Version*>>;

template <class Named>
UsageError unknown(std::string_view what, std::string_view name, const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  const std::vector<std::string> close = close_names(name, names);
  return UsageError(
      close.empty()
          ? fmt::format("no {} `{}`; there are: {}", what, name, fmt::join(names, ", "))
          : fmt::format("no {} `{}`; did you mean {}?", what, name, fmt::join(close, " or ")));
}

Selection select(const CasesRequest& request) {
  const Case* const one = cases::find_case(request.case_name);
  if (one == nullptr && !request.case_name.empty()) {
    throw unknown("case", request.case_name, cases::catalogue());
  }
  Selection selection;
  for (const Case& each : cases::catalogue()) {
    if (one != nullptr && one != &each) continue;
    for (const Version& version : each.versions) {
      const std::string& wanted = request.version_name;
      if (!wanted.empty() && wanted != version.name) continue;
      if (version.expected ? request.fixed : request.buggy) continue;
      selection.emplace_back(&each, &version);
    }
  }
  if (selection.empty() && one != nullptr) {
    if (request.buggy || request.fixed) {
      throw UsageError(fmt::format("{} has no {} version of that name", one->name,
                                   request.buggy ? "buggy" : "fixed"));
    }
    throw unknown(fmt::format("version of {}", one->name), request.version_name, one->versions);
  }
  return selection;
}

std::string_view expected_name(const Version& version) {
  return version.expected ? name(*version.expected) : "nothing";
}

// Lines of the table: one for each case, and under it one for each of its versions. Widths come
// from the selection, so that a line can be printed as soon as its version has run.
class Table {
 public:
  explicit Table(const Selection& selection) {
    for (const auto& [one, version] : selection) {
      version_ = std::max(version_, version->name.size());
      expected_ = std::max(expected_, expected_name(*version).size());
    }
  }

  std::string line(std::string_view version, std::string_view expected,
                   std::string_view rest) const {
    return fmt::format("  {:<{}}  {:<{}}  {}\n", version, version_, expected, expected_, rest);
  }

 private:
  std::size_t version_ = 7, expected_ = 8;
};

std::string paint(bool color, std::string_view code, std::string_view text) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
}

// Of the executions that a report took: those until it was found, or all of them.
std::uint64_t executions(const Version& version, const Report& report) {
  const Finding* const finding = cases::judged_finding(version, report);
  return finding ? finding->execution : report.executions;
}

std::string outcome(const Version& version, const Report& report, bool color) {
  const Finding* const finding = cases::judged_finding(version, report);
  const bool ok = cases::is_as_expected(version, report);
  std::string text = paint(color, ok ? "32" : "1;31", fmt::format("{:<7}", ok ? "ok" : "WRONG"));
  text += fmt::format(" {:>10}", executions(version, report));
  if (finding) text += "  " + finding->token;
  if (!ok) text += fmt::format("  found {}", finding ? name(finding->kind) : "nothing");
  return text;
}

// 200000 as "200,000".
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

std::string counted_executions(std::uint64_t number) {
  return grouped(number) + (number == 1 ? " execution" : " executions");
}

// Sentences that are too long for a line of the table: there they are numbers.
class Footnotes {
 public:
  // "(1)", for a sentence and whenever it comes again.
  std::string mark(const std::string& text) {
    const auto found = std::ranges::find(texts_, text);
    const auto number = found - texts_.begin() + 1;
    if (found == texts_.end()) texts_.push_back(text);
    return fmt::format("({})", number);
  }
  void print(std::ostream& out) const {
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      out << fmt::format("{}({}) {}\n", i == 0 ? "\n" : "", i + 1, texts_[i]);
    }
  }

 private:
  std::vector<std::string> texts_;
};

// What an exhaustive exploration of a fix came to.
std::string verification(const Report& report, Footnotes& footnotes, bool color) {
  if (!report.clean()) return "exhaustively";
  const std::string executions = counted_executions(report.executions);
  if (report.complete) return fmt::format("verified: {}, complete", executions);
  std::string reached = executions;
  if (report.limit == "time") reached += fmt::format(", {:.0f} s", report.elapsed_s);
  if (!report.left_out.empty()) reached = footnotes.mark(report.left_out);
  return paint(color, "33", "not complete: " + reached);
}

void list(const Selection& selection, std::ostream& out) {
  const Case* last = nullptr;
  for (const auto& [one, version] : selection) {
    if (one != std::exchange(last, one)) out << fmt::format("{}: {}\n", one->name, one->title);
    out << fmt::format("    {:<24} {}\n", version->name, expected_name(*version));
  }
}

bool is_worse(const Version& version, const Report& report, const Report& than) {
  const bool is_wrong = !cases::is_as_expected(version, report);
  const bool was_wrong = !cases::is_as_expected(version, than);
  if (is_wrong != was_wrong) return is_wrong;
  return executions(version, report) > executions(version, than);
}

std::string command_for(const Case& one, const Version& version, const Options& options) {
  return fmt::format("raddle cases {} {} --seed {} --executions {}{} --show", one.name,
                     version.name, options.seed, options.executions,
                     options.strategy == "random" ? "" : " --strategy " + options.strategy);
}

// As it was run, but without a limit of time.
std::string verify_command(const Case& one, const Version& version, std::uint64_t seed) {
  return fmt::format("raddle cases {} {} --seed {} --strategy exhaustive --executions {} --show",
                     one.name, version.name, seed, cases::kVerifyExecutionsMax);
}

std::string seeds_text(std::uint64_t first, std::uint64_t count) {
  return count == 1 ? std::to_string(first) : fmt::format("{} to {}", first, first + count - 1);
}

// Short enough to be typed.
std::uint64_t fresh_seed() {
  std::random_device source;
  return std::uniform_int_distribution<std::uint64_t>{1, 999'999}(source);
}

}  // namespace

bool run_cases(const CasesRequest& request, std::ostream& out) {
  const Selection selection = select(request);
  if (request.list) {
    list(selection, out);
    return true;
  }
  Options options;
  options.executions = request.executions;
  options.strategy = request.strategy;
  options.jobs = request.jobs;
  const std::uint64_t first_seed = request.seed != 0 ? request.seed : fresh_seed();
  out << fmt::format("{} executions of each version, seed {}\n\n", options.executions,
                     seeds_text(first_seed, request.seeds));

  const Table table{selection};
  out << table.line("version", "expected",
                    fmt::format("{:<7} {:>10}  {}", "verdict", "executions", "token"));
  const auto start = std::chrono::steady_clock::now();
  const Case* last = nullptr;
  Footnotes footnotes;
  std::size_t fixes = 0, verified = 0;
  std::vector<std::string> wrong;
  for (const auto& [one, version] : selection) {
    if (one != std::exchange(last, one)) out << fmt::format("{}: {}\n", one->name, one->title);
    // Of several seeds the line tells the worst.
    Report worst;
    for (std::uint64_t i = 0; i < request.seeds; ++i) {
      options.seed = first_seed + i;
      Report report = cases::explore_version(*one, *version, options);
      if (!cases::is_as_expected(*version, report)) {
        wrong.push_back(command_for(*one, *version, options));
      }
      if (i == 0 || is_worse(*version, report, worst)) worst = std::move(report);
    }
    std::string rest = outcome(*version, worst, request.color);
    std::optional<Report> all;
    if (request.verify && !version->expected && worst.clean()) {
      all = cases::verify_version(*one, *version, options);
      ++fixes;
      verified += all->complete;
      rest = outcome(*version, all->clean() ? worst : *all, request.color);
      rest += (all->clean() ? "  " : " ") + verification(*all, footnotes, request.color);
      if (!all->clean()) wrong.push_back(verify_command(*one, *version, options.seed));
    }
    out << table.line(version->name, expected_name(*version), rest) << std::flush;
    if (request.show) {
      out << '\n' << worst.text(request.color) << '\n';
      if (all) out << all->text(request.color) << '\n';
    }
  }
  footnotes.print(out);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const std::size_t all = selection.size() * request.seeds;
  out << fmt::format("\n{} of {} verdicts as expected{}{} in {:.1f} s\n", all - wrong.size(), all,
                     request.seeds > 1 ? fmt::format(" under {} seeds", request.seeds) : "",
                     fixes > 0 ? fmt::format(", {} of {} fixes verified", verified, fixes) : "",
                     took.count());
  for (const std::string& command : wrong) out << "see: " << command << '\n';
  return wrong.empty();
}

}  // namespace raddle::tools
