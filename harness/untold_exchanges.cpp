#include "harness/untold_exchanges.hpp"

#include "harness/report/symbols.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace raddle::harness {
namespace {

// What is called there, if that is a weak one or cannot be told.
std::optional<std::string> weak_call(report::Symbols& symbols, std::uintptr_t return_address) {
  const std::vector<Frame>& frames = symbols.frames(return_address);
  if (symbols.functions(return_address).empty()) {
    return fmt::format("a compare-exchange in {} (no debug information: it may be a weak one)",
                       frames.front().function);
  }
  // Innermost first: what calls the builtin, or helps that one. What is built upon a strong one is
  // strong.
  for (const Frame& frame : frames) {
    const auto is = [&](const char* name) {
      return frame.function.find(name) != std::string::npos;
    };
    if (is("compare_exchange_strong") || !is("compare_exchange")) return std::nullopt;
    if (!is("compare_exchange_weak")) continue;
    const Frame caller = report::first_of_program(frames);
    return fmt::format("compare_exchange_weak at {}:{}",
                       std::filesystem::path(caller.file).filename().string(), caller.line);
  }
  return std::nullopt;
}

}  // namespace

std::string about_untold(std::span<const std::uintptr_t> return_addresses) {
  if (return_addresses.empty() || return_addresses.front() == 0) return "";
  report::DebugInfo info;
  report::Symbols symbols(info);
  std::optional<std::string> first;
  std::size_t more = 0;
  for (const std::uintptr_t address : return_addresses) {
    if (address == 0) continue;
    const std::optional<std::string> call = weak_call(symbols, address);
    if (!call) continue;
    more += first ? 1 : 0;
    if (!first) first = call;
  }
  if (!first) return "";
  return fmt::format(
      "{}{} cannot be made to fail: compile that file with "
      "-include raddle/weak_exchange.h",
      *first, more == 0 ? "" : fmt::format(" (and {} more)", more));
}

}  // namespace raddle::harness
