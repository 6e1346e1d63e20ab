#include "harness/report/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>

namespace raddle::report {
namespace {

bool is_qualifier(int tag) {
  return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
         tag == DW_TAG_atomic_type;
}

// pthread_mutex_t and its like are unions without a name behind a typedef: the
// typedef is what the program knows.
bool is_c_library_name(std::string_view name) {
  return name.starts_with("pthread_") || name.starts_with("__pthread") || name == "sem_t";
}

// Follows typedefs and qualifiers; stops at a typedef that hides a C library type.
Dwarf_Die strip(Dwarf_Die type) {
  while (is_qualifier(dwarf_tag(&type)) || dwarf_tag(&type) == DW_TAG_typedef) {
    if (dwarf_tag(&type) == DW_TAG_typedef && is_c_library_name(die_name(type))) break;
    const std::optional<Dwarf_Die> next = die_reference(type, DW_AT_type);
    if (!next) break;
    type = *next;
  }
  return type;
}

bool is_class(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

// A lambda's closure has no name in Clang, and one in angle brackets in GCC.
bool is_closure_name(const std::string& name) { return name.empty() || name.front() == '<'; }

std::uint64_t size_of(Dwarf_Die type) {
  Dwarf_Word size = 0;
  return dwarf_aggregate_size(&type, &size) == 0 ? size : 0;
}

std::optional<std::uint64_t> member_offset(Dwarf_Die member) {
  if (dwarf_hasattr(&member, DW_AT_external) != 0) return std::nullopt;  // static
  if (const auto bits = die_number(member, DW_AT_data_bit_offset)) return *bits / 8;
  if (dwarf_hasattr(&member, DW_AT_data_member_location) == 0) return 0;  // of a union
  return die_number(member, DW_AT_data_member_location);
}

struct Piece {
  Dwarf_Die die;
  Dwarf_Die type;
  std::uint64_t offset;
  std::uint64_t size;
};

// The member or base of `type` that an access at `offset` falls into; of a
// union the one that has the size of the access.
std::optional<Piece> piece_at(DebugInfo& info, Dwarf_Die type, std::uint64_t offset,
                              std::uint64_t size) {
  std::optional<Piece> found;
  std::optional<Piece> unsized;
  for (const Dwarf_Die& child : die_children(type)) {
    Dwarf_Die die = child;
    const int tag = dwarf_tag(&die);
    if (tag != DW_TAG_member && tag != DW_TAG_inheritance) continue;
    const std::optional<std::uint64_t> at = member_offset(die);
    const std::optional<Dwarf_Die> declared = die_reference(die, DW_AT_type);
    if (!at || !declared) continue;
    const Dwarf_Die member_type = info.complete(strip(*declared));
    const std::uint64_t member_size = size_of(member_type);
    if (member_size == 0 && *at <= offset && (!unsized || unsized->offset <= *at)) {
      unsized = Piece{die, member_type, *at, 0};
    }
    if (offset < *at || offset >= *at + member_size) continue;
    if (size > member_size - (offset - *at)) continue;  // touches more than this member
    if (!found || member_size == size) found = Piece{die, member_type, *at, member_size};
  }
  // Of some library classes (std::condition_variable) only a mention is there, which
  // has no size: such a member reaches to the next one.
  const bool is_nearer = unsized && (!found || found->offset < unsized->offset);
  return is_nearer || !found ? unsized : found;
}

std::string index_text(Dwarf_Die array, std::uint64_t element) {
  std::vector<std::uint64_t> counts;
  for (Dwarf_Die dimension : die_children(array)) {
    if (dwarf_tag(&dimension) != DW_TAG_subrange_type) continue;
    std::uint64_t count = die_number(dimension, DW_AT_count).value_or(0);
    if (const auto last = die_number(dimension, DW_AT_upper_bound)) count = *last + 1;
    counts.push_back(count);
  }
  std::string text;
  for (std::size_t i = counts.size(); i-- > 1;) {
    if (counts[i] == 0) break;
    text = fmt::format("[{}]{}", element % counts[i], text);
    element /= counts[i];
  }
  return fmt::format("[{}]{}", element, text);
}

std::string tidy_type_name(std::string name) {
  if (name.starts_with("std::__cxx11::")) name.erase(5, 9);
  if (name.starts_with("std::basic_string<char,")) return "std::string";
  const std::size_t allocator = name.find(", std::allocator<");
  if (allocator != std::string::npos) name = name.substr(0, allocator) + ">";
  constexpr std::size_t kLongest = 48;
  const std::size_t open = name.find('<');
  if (name.size() > kLongest && open != std::string::npos && open > 0) name.erase(open);
  return name;
}

std::int64_t sign_extended(std::uint64_t value, std::uint64_t size) {
  if (size == 0 || size >= 8) return static_cast<std::int64_t>(value);
  const unsigned shift = static_cast<unsigned>(64 - 8 * size);
  return static_cast<std::int64_t>(value << shift) >> shift;
}

std::string float_text(std::uint64_t value, std::uint64_t size) {
  if (size == 4) return fmt::format("{}", std::bit_cast<float>(static_cast<std::uint32_t>(value)));
  return fmt::format("{}", std::bit_cast<double>(value));
}

std::optional<std::string> enumerator_text(Dwarf_Die type, std::int64_t value) {
  for (Dwarf_Die child : die_children(type)) {
    Dwarf_Attribute attribute;
    Dwarf_Sword constant = 0;
    if (dwarf_attr(&child, DW_AT_const_value, &attribute) != nullptr &&
        dwarf_formsdata(&attribute, &constant) == 0 && constant == value) {
      return die_name(child);
    }
  }
  return std::nullopt;
}

std::optional<std::string> untyped_text(std::uint64_t value, std::uint64_t size) {
  constexpr std::int64_t kSmallestLikely = -1'000'000'000;
  constexpr std::uint64_t kLargestLikely = std::uint64_t{1} << 40;
  const std::int64_t extended = sign_extended(value, size);
  if (extended < 0 && extended >= kSmallestLikely) return fmt::format("{}", extended);
  if (size >= 8 && value >= kLargestLikely) return std::nullopt;  // an address, most likely
  return fmt::format("{}", value);
}

}  // namespace

std::optional<Dwarf_Die> class_of_this(Dwarf_Die function) {
  const std::optional<Dwarf_Die> self = die_reference(function, DW_AT_object_pointer);
  const std::optional<Dwarf_Die> pointer = self ? plain_type(*self) : std::nullopt;
  return pointer ? plain_type(*pointer) : std::nullopt;
}

bool is_closure(Dwarf_Die type) {
  return is_class(dwarf_tag(&type)) && is_closure_name(die_name(type));
}

std::optional<std::uint64_t> type_size(Dwarf_Die variable) {
  const std::optional<Dwarf_Die> type = die_reference(variable, DW_AT_type);
  Dwarf_Word size = 0;
  if (!type) return std::nullopt;
  Dwarf_Die die = *type;
  if (dwarf_aggregate_size(&die, &size) != 0) return std::nullopt;
  return size;
}

std::optional<Dwarf_Die> plain_type(Dwarf_Die die) {
  const std::optional<Dwarf_Die> type = die_reference(die, DW_AT_type);
  if (!type) return std::nullopt;
  return strip(*type);
}

std::string type_name(DebugInfo& info, Dwarf_Die type) {
  type = is_c_library_name(die_name(type)) ? type : strip(type);
  const int tag = dwarf_tag(&type);
  if (tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type) {
    const std::optional<Dwarf_Die> target = plain_type(type);
    return (target ? type_name(info, *target) : "void") + (tag == DW_TAG_pointer_type ? "*" : "&");
  }
  if (tag == DW_TAG_array_type) {
    const std::optional<Dwarf_Die> element = plain_type(type);
    return (element ? type_name(info, *element) : "") + "[]";
  }
  const std::string name = die_name(type);
  if (is_closure_name(name)) return is_class(tag) ? "lambda" : name;
  const std::string& scope = info.scope_of(type);
  return tidy_type_name(scope.empty() ? name : scope + "::" + name);
}

bool is_library_type(DebugInfo& info, Dwarf_Die type) {
  const std::string& scope = info.scope_of(type);
  const auto is_inside = [&](std::string_view space) {
    return scope.starts_with(space) && (scope.size() == space.size() || scope[space.size()] == ':');
  };
  return is_inside("std") || is_inside("__gnu_cxx") || is_inside("boost") ||
         is_c_library_name(die_name(type));
}

Member member_at(DebugInfo& info, Dwarf_Die type, std::uint64_t offset, std::uint64_t size) {
  Member member;
  bool is_hidden = false;  // inside a library type
  bool shows_index = true;
  const auto append = [&](const std::string& part) {
    member.path += part;
    member.owner_path += part;
  };
  type = info.complete(strip(type));
  // Deeper than any real nesting: damaged debug information must not hang us.
  for (int depth = 0; depth < 64; ++depth) {
    const int tag = dwarf_tag(&type);
    const std::string name = die_name(type);
    const bool is_library = is_library_type(info, type);
    const bool is_of_program = is_class(tag) && !is_library;
    if (!is_hidden || is_of_program) member.type = type_name(info, type);
    if (tag == DW_TAG_array_type) {
      const std::optional<Dwarf_Die> element = plain_type(type);
      const std::uint64_t element_size = element ? size_of(*element) : 0;
      if (element_size == 0 || size > element_size) return member;
      if (!is_hidden || shows_index) append(index_text(type, offset / element_size));
      offset %= element_size;
      type = info.complete(*element);
      continue;
    }
    if (!is_class(tag)) {
      if (tag != DW_TAG_typedef) member.scalar = type;
      return member;
    }
    if (is_library) {
      is_hidden = true;
      shows_index = name.starts_with("array<");
      if (is_c_library_name(name)) return member;
    } else {
      is_hidden = false;
      shows_index = true;
      if (!is_closure_name(name)) {
        member.owner = type_name(info, type);
        member.owner_path.clear();
      }
    }
    std::optional<Piece> piece = piece_at(info, type, offset, size);
    if (!piece) return member;
    std::string part = dwarf_tag(&piece->die) == DW_TAG_member ? die_name(piece->die) : "";
    if (is_closure_name(name) && part.starts_with("__")) part.erase(0, 2);  // GCC's captures
    const bool is_private =
        is_hidden && (part.starts_with("_") || info.scope_of(type).starts_with("boost"));
    if (!part.empty() && !is_private) append("." + part);
    offset -= piece->offset;
    type = piece->type;
  }
  return member;
}

std::optional<std::string> value_text(std::uint64_t value, std::uint64_t size,
                                      const std::optional<Dwarf_Die>& scalar) {
  if (!scalar) return untyped_text(value, size);
  Dwarf_Die type = *scalar;
  switch (dwarf_tag(&type)) {
    case DW_TAG_pointer_type:
    case DW_TAG_ptr_to_member_type:
    case DW_TAG_reference_type:
      return value == 0 ? std::optional<std::string>("null") : std::nullopt;
    case DW_TAG_enumeration_type:
      if (auto text = enumerator_text(type, sign_extended(value, size))) return text;
      return fmt::format("{}", value);
    default: break;
  }
  switch (die_number(type, DW_AT_encoding).value_or(0)) {
    case DW_ATE_boolean: return value == 0 ? "false" : "true";
    case DW_ATE_signed_char:
      if (die_name(type) == "char" && value < 128 && std::isprint(static_cast<int>(value)) != 0) {
        return fmt::format("'{}'", static_cast<char>(value));
      }
      return fmt::format("{}", sign_extended(value, size));
    case DW_ATE_signed: return fmt::format("{}", sign_extended(value, size));
    case DW_ATE_unsigned:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF: return fmt::format("{}", value);
    case DW_ATE_float:
      if (size == 4 || size == 8) return float_text(value, size);
      return std::nullopt;
    default: return untyped_text(value, size);
  }
}

}  // namespace raddle::report
