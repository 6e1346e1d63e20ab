// The command line, `raddle`. Exit codes: 0 all is well, 1 something was found
// that must not be, 2 wrong use, 3 a failure of ours or of the machine.
#include "tools/cases_command.hpp"
#include <raddle/raddle.hpp>

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <unistd.h>

namespace raddle::tools {
namespace {

constexpr int kFound = 1, kUsage = 2, kFailure = 3;

// CLI11's own check for positive numbers names the largest double there is.
std::string at_least_one(const std::string& text) {
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  const bool is_positive = is_number && text.find_first_not_of('0') != std::string::npos;
  return is_positive ? "" : text + " is not a whole number of at least 1";
}

int run(int argc, const char* const* argv) {
  CLI::App app{"raddle: explores the interleavings of C++ concurrency tests", "raddle"};
  app.set_version_flag("--version", "raddle " RADDLE_VERSION);
  app.require_subcommand(1);

  CasesRequest request;
  CLI::App& cases = *app.add_subcommand("cases",
                                        "run small programs with known verdicts, "
                                        "and verify their fixes exhaustively");
  CLI::Option* const one = cases.add_option("name", request.case_name, "only this case");
  cases.add_option("version", request.version_name, "only this version of it")->needs(one);
  cases.add_option("--executions", request.executions, "how many of each version")
      ->check(at_least_one)
      ->capture_default_str();
  cases.add_option("--seed", request.seed, "repeat the run that printed this seed");
  cases
      .add_option("--seeds", request.seeds, "run everything with so many seeds, one after another")
      ->check(at_least_one)
      ->capture_default_str();
  CLI::Option* const strategy =
      cases
          .add_option("--strategy", request.strategy,
                      "as RADDLE_STRATEGY; if it is given, fixes are not verified")
          ->capture_default_str();
  CLI::Option* const buggy = cases.add_flag("--buggy", request.buggy, "only buggy versions");
  cases.add_flag("--fixed", request.fixed, "only fixed versions")->excludes(buggy);
  cases.add_option("--jobs", request.jobs, "worker processes; 0: one per core; 1: in this process")
      ->capture_default_str();
  cases.add_flag("--show", request.show, "print the reports");
  cases.add_flag("--list", request.list, "say what there is; run nothing");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  // Who says how to explore gets that and nothing else.
  request.verify = strategy->empty() && std::getenv("RADDLE_STRATEGY") == nullptr &&
                   std::getenv("RADDLE_REPLAY") == nullptr;
  request.color = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return run_cases(request, std::cout) ? 0 : kFound;
}

}  // namespace
}  // namespace raddle::tools

int main(int argc, char** argv) {
  try {
    return raddle::tools::run(argc, argv);
  } catch (const raddle::UsageError& error) {
    std::cerr << "raddle: " << error.what() << '\n';
    return raddle::tools::kUsage;
  } catch (const std::exception& error) {
    std::cerr << "raddle: " << error.what() << '\n';
    return raddle::tools::kFailure;
  }
}
