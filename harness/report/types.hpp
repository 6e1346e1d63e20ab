// What the debug information says about types: which member lies at an offset,
// what a value means.
#pragma once

#include "harness/report/debug_info.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace raddle::report {

// What lies at an offset inside an object.
struct Member {
  std::string path;        // from the object: ".balance_", "[3].count"; empty for the object itself
  std::string owner;       // the innermost class of the program that contains it: "Account"
  std::string owner_path;  // from there: ".balance_"
  std::string type;        // "int", "std::mutex", "std::atomic<int>"
  std::optional<Dwarf_Die> scalar;  // the type of the value itself, if it is a single one
};

// The byte size of the type of a variable, parameter or member.
std::optional<std::uint64_t> type_size(Dwarf_Die variable);

// The type that `die` (a variable, member, typedef, pointer ...) refers to,
// without typedefs and qualifiers. Nothing for void.
std::optional<Dwarf_Die> plain_type(Dwarf_Die die);

// The name of a type, qualified, without template arguments where they are long.
std::string type_name(DebugInfo& info, Dwarf_Die type);

// Whether a type is the standard library's or a C library's: its insides mean
// nothing to the reader.
bool is_library_type(DebugInfo& info, Dwarf_Die type);

// What an access of `size` bytes (0: unknown) at `offset` in an object of type `type` touches.
// Members of library types are left out of the path.
Member member_at(DebugInfo& info, Dwarf_Die type, std::uint64_t offset, std::uint64_t size);

// A value of `size` bytes as the program would write it: "-60", "true", "'a'", "Red", "1.5".
// Nothing for a pointer other than null, which has no name of its own.
std::optional<std::string> value_text(std::uint64_t value, std::uint64_t size,
                                      const std::optional<Dwarf_Die>& scalar);

// The class whose member function this is.
std::optional<Dwarf_Die> class_of_this(Dwarf_Die function);

// Whether a type is what a lambda makes an object of.
bool is_closure(Dwarf_Die type);

}  // namespace raddle::report
