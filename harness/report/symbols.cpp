#include "harness/report/symbols.hpp"

#include "harness/report/short_name.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace raddle::report {
namespace {

std::string function_name(Dwarf_Die function) {
  const char* linkage_name = die_linkage_name(function);
  if (linkage_name != nullptr) return shorten(demangle(linkage_name));
  const std::string name = die_name(function);
  return name.empty() ? "??" : name;
}

std::string tidy_path(const char* path) {
  return path == nullptr ? "" : std::filesystem::path(path).lexically_normal().string();
}

Frame declared(Dwarf_Die function) {
  int line = 0;
  dwarf_decl_line(&function, &line);
  return {function_name(function), tidy_path(dwarf_decl_file(&function)), line};
}

// Where the code at `address` came from. Line 0 means that the compiler made
// it up; then the nearest real line before it in the table is told.
void set_line(Frame& frame, Dwarf_Die unit, Dwarf_Addr address) {
  Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
  int number = 0;
  if (line == nullptr || dwarf_lineno(line, &number) != 0) return;
  frame.file = tidy_path(dwarf_linesrc(line, nullptr, nullptr));
  Dwarf_Lines* lines = nullptr;
  std::size_t count = 0;
  if (number == 0 && dwarf_getsrclines(&unit, &lines, &count) == 0) {
    Dwarf_Addr nearest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Dwarf_Line* candidate = dwarf_onesrcline(lines, i);
      Dwarf_Addr at = 0;
      int candidate_number = 0;
      if (dwarf_lineaddr(candidate, &at) == 0 && at <= address && at >= nearest &&
          dwarf_lineno(candidate, &candidate_number) == 0 && candidate_number != 0) {
        nearest = at;
        number = candidate_number;
      }
    }
  }
  frame.line = number;
}

// From where an inlined function was called.
void set_call_site(Frame& frame, Dwarf_Die unit, Dwarf_Die inlined) {
  frame.line = static_cast<int>(die_number(inlined, DW_AT_call_line).value_or(0));
  Dwarf_Files* files = nullptr;
  if (dwarf_getsrcfiles(&unit, &files, nullptr) != 0) return;
  const std::uint64_t file = die_number(inlined, DW_AT_call_file).value_or(0);
  frame.file = tidy_path(dwarf_filesrc(files, file, nullptr, nullptr));
}

// Adds the inlined functions at `address` inside `scope`, outermost first.
void find_inlined(Dwarf_Die scope, Dwarf_Addr address, std::vector<Dwarf_Die>& inlined) {
  for (Dwarf_Die child : die_children(scope)) {
    const int tag = dwarf_tag(&child);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) continue;
    if (dwarf_haspc(&child, address) <= 0) continue;
    if (tag == DW_TAG_inlined_subroutine) inlined.push_back(child);
    return find_inlined(child, address, inlined);
  }
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return text.starts_with(beginning); });
}

}  // namespace

const std::vector<Frame>& Symbols::frames(std::uintptr_t return_address) {
  const auto at = cache_.find(return_address);
  if (at != cache_.end()) return at->second;
  return cache_.emplace(return_address, resolve(return_address)).first->second;
}

std::vector<Dwarf_Die> Symbols::functions(std::uintptr_t return_address) {
  const std::optional<CodePlace> place = info_.place(return_address);
  if (!place) return {};
  std::vector<Dwarf_Die> functions{place->function};
  find_inlined(place->function, place->address, functions);
  std::reverse(functions.begin(), functions.end());
  return functions;
}

Frame Symbols::function_at(std::uintptr_t address) {
  if (const std::optional<CodePlace> place = info_.place(address + 1)) {
    return declared(place->function);
  }
  const char* symbol = info_.symbol(address, nullptr);
  return {symbol == nullptr ? "??" : shorten(demangle(symbol)), "", 0};
}

std::vector<Frame> Symbols::resolve(std::uintptr_t return_address) {
  const std::optional<CodePlace> place = info_.place(return_address);
  if (!place) {
    const char* symbol = info_.symbol(return_address - 1, nullptr);
    return {{symbol == nullptr ? "??" : shorten(demangle(symbol)), "", 0}};
  }
  std::vector<Frame> frames;
  Frame where;
  set_line(where, place->unit, place->address);
  for (const Dwarf_Die& function : functions(return_address)) {
    where.function = function_name(function);
    frames.push_back(where);
    Dwarf_Die die = function;
    if (dwarf_tag(&die) == DW_TAG_inlined_subroutine) set_call_site(where, place->unit, die);
  }
  return frames;
}

bool is_runtime(const Frame& frame) {
  // What takes the place of pthread_once and others has their names.
  if (frame.file.find("/harness/interpose/") != std::string::npos) return true;
  return starts_with_any(
      frame.function,
      {"raddle::scheduler::", "raddle::interpose::", "raddle::harness::", "raddle::detectors::",
       "raddle::report::", "raddle::explore", "__tsan_", "__interceptor_"});
}

bool is_program(const Frame& frame) {
  if (frame.function.empty() || frame.function == "??" || frame.file.empty()) return false;
  if (starts_with_any(frame.function, {"std::", "__gnu_cxx::", "testing::", "__"})) return false;
  if (starts_with_any(frame.file, {"/usr/include/", "/usr/lib/", "/usr/local/include/"}))
    return false;
  return !is_runtime(frame);
}

Frame first_of_program(const std::vector<Frame>& stack) {
  const auto at = std::find_if(stack.begin(), stack.end(), is_program);
  if (at != stack.end()) return *at;
  return stack.empty() ? Frame{} : stack.front();
}

}  // namespace raddle::report
