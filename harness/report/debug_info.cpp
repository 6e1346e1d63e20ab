#include "harness/report/debug_info.hpp"

#include "harness/report/short_name.hpp"
#include "harness/report/types.hpp"

#include <algorithm>
#include <unistd.h>

namespace raddle::report {
namespace {

std::string qualified(const std::string& scope, const std::string& name) {
  return scope.empty() ? name : scope + "::" + name;
}

}  // namespace

DebugInfo::DebugInfo() {
  callbacks_.find_elf = dwfl_linux_proc_find_elf;
  // Not dwfl_standard_find_debuginfo: that one may go and ask a server.
  callbacks_.find_debuginfo = dwfl_build_id_find_debuginfo;
  session_ = dwfl_begin(&callbacks_);
  if (session_ == nullptr) return;
  dwfl_report_begin(session_);
  dwfl_linux_proc_report(session_, getpid());
  dwfl_report_end(session_, nullptr, nullptr);
}

DebugInfo::~DebugInfo() { dwfl_end(session_); }

DebugInfo::Module* DebugInfo::module_at(std::uintptr_t address) {
  if (session_ == nullptr) return nullptr;
  Dwfl_Module* handle = dwfl_addrmodule(session_, address);
  if (handle == nullptr) return nullptr;
  const auto [at, is_new] = modules_.try_emplace(handle);
  Module& module = at->second;
  if (!is_new) return &module;
  module.handle = handle;
  module.dwarf = dwfl_module_getdwarf(handle, &module.bias);
  if (module.dwarf == nullptr) return &module;
  // All units, not .debug_aranges: Clang does not write that section.
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = nullptr;
  while ((unit = dwfl_module_nextcu(handle, unit, &bias)) != nullptr) {
    Unit entry{.die = *unit, .ranges = {}, .functions = {}};
    Dwarf_Addr base = 0, low = 0, high = 0;
    std::ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(unit, offset, &base, &low, &high)) > 0) {
      entry.ranges.push_back({low, high, 0});
    }
    module.units.push_back(std::move(entry));
  }
  return &module;
}

std::optional<CodePlace> DebugInfo::place(std::uintptr_t return_address) {
  Module* module = module_at(return_address - 1);
  if (module == nullptr || module->dwarf == nullptr) return std::nullopt;
  const Dwarf_Addr address = return_address - 1 - module->bias;
  for (Unit& unit : module->units) {
    const bool is_in_unit =
        std::any_of(unit.ranges.begin(), unit.ranges.end(),
                    [&](const Range& r) { return r.low <= address && address < r.high; });
    if (!is_in_unit) continue;
    index(*module, unit);
    auto after = std::upper_bound(unit.functions.begin(), unit.functions.end(), address,
                                  [](Dwarf_Addr a, const Range& r) { return a < r.low; });
    if (after == unit.functions.begin()) continue;
    const Range& function = *--after;
    if (address >= function.high) continue;
    CodePlace place{.unit = unit.die, .function = {}, .address = address, .module = module->handle};
    if (dwarf_offdie(module->dwarf, function.die, &place.function) == nullptr) continue;
    return place;
  }
  return std::nullopt;
}

const char* DebugInfo::symbol(std::uintptr_t address, std::uint64_t* offset) {
  Module* module = module_at(address);
  if (module == nullptr) return nullptr;
  GElf_Sym symbol;
  GElf_Off into = 0;
  const char* name =
      dwfl_module_addrinfo(module->handle, address, &into, &symbol, nullptr, nullptr, nullptr);
  if (name == nullptr || (symbol.st_size != 0 && into >= symbol.st_size)) return nullptr;
  if (offset != nullptr) *offset = into;
  return name;
}

std::string DebugInfo::module_path(std::uintptr_t address) {
  Module* module = module_at(address);
  if (module == nullptr) return {};
  const char* path = nullptr;
  const char* name =
      dwfl_module_info(module->handle, nullptr, nullptr, nullptr, nullptr, nullptr, &path, nullptr);
  if (path != nullptr) return path;
  return name == nullptr ? "" : name;
}

const GlobalVariable* DebugInfo::global(std::uintptr_t address) {
  Module* module = module_at(address);
  if (module == nullptr || module->dwarf == nullptr) return nullptr;
  index(*module);
  for (const GlobalVariable& variable : module->globals) {
    if (variable.address <= address && address < variable.address + variable.size) return &variable;
  }
  return nullptr;
}

const std::string& DebugInfo::scope_of(const Dwarf_Die& type) {
  static const std::string kNone;
  const auto at = scopes_.find(type.addr);
  return at == scopes_.end() || at->second == nullptr ? kNone : name_of(*at->second);
}

std::string_view DebugInfo::without_namespaces(std::string_view name) const {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = name.find("::", begin);
    if (end == std::string_view::npos) break;
    const std::string_view space = name.substr(0, end);
    if (space == "std" || space == "boost" || !namespaces_.contains(space)) break;
    begin = end + 2;
  }
  return name.substr(begin);
}

Dwarf_Die DebugInfo::complete(const Dwarf_Die& type) {
  Dwarf_Die declaration = type;
  if (dwarf_hasattr(&declaration, DW_AT_declaration) == 0) return type;
  return class_named(qualified(scope_of(declaration), die_name(declaration))).value_or(type);
}

std::optional<Dwarf_Die> DebugInfo::class_named(const std::string& qualified_name) {
  // Where template arguments begin, the scopes have ended.
  const std::size_t colon = qualified_name.substr(0, qualified_name.find('<')).rfind("::");
  const std::string own =
      colon == std::string::npos ? qualified_name : qualified_name.substr(colon + 2);
  const std::string scope = colon == std::string::npos ? "" : qualified_name.substr(0, colon);
  const auto find = [&]() -> std::optional<Dwarf_Die> {
    const auto [from, to] = definitions_.equal_range(own);
    for (auto at = from; at != to; ++at) {
      if (scope_of(at->second) == scope) return at->second;
    }
    return std::nullopt;
  };
  if (const auto known = find()) return known;
  // Of library classes a definition stands in every unit that needs it; to look
  // through all others takes long, and finds what the library keeps to itself.
  if (qualified_name.starts_with("std::")) return std::nullopt;
  for (auto& [handle, module] : modules_) index(module);
  return find();
}

void DebugInfo::index(Module& module) {
  if (module.is_indexed) return;
  module.is_indexed = true;
  for (Unit& unit : module.units) index(module, unit);
}

void DebugInfo::index(Module& module, Unit& unit) {
  if (unit.is_indexed) return;
  unit.is_indexed = true;
  index_children(module, unit, unit.die, nullptr);
  std::sort(unit.functions.begin(), unit.functions.end(),
            [](const Range& a, const Range& b) { return a.low < b.low; });
}

const std::string& DebugInfo::name_of(const Scope& scope) {
  if (!scope.name) {
    Dwarf_Die die = scope.die;
    std::string own;
    if (dwarf_tag(&die) == DW_TAG_subprogram) own = shorten(demangle(die_linkage_name(die)));
    const bool is_whole = !own.empty();
    if (!is_whole) own = die_name(die);
    const std::string outer = scope.outer == nullptr || is_whole ? "" : name_of(*scope.outer);
    scope.name = own.empty() ? outer : qualified(outer, own);
  }
  return *scope.name;
}

void DebugInfo::index_children(Module& module, Unit& unit, Dwarf_Die parent, const Scope* scope) {
  Dwarf_Die die;
  if (dwarf_child(&parent, &die) != 0) return;
  do {
    const int tag = dwarf_tag(&die);
    switch (tag) {
      case DW_TAG_namespace:
      case DW_TAG_structure_type:
      case DW_TAG_class_type:
      case DW_TAG_union_type:
      case DW_TAG_enumeration_type:
      case DW_TAG_subprogram: {
        if (tag == DW_TAG_subprogram) {
          index_function(unit, die);
        } else if (tag != DW_TAG_namespace) {
          index_type(die, scope);
        }
        // Declarations of functions have only parameters inside.
        const bool is_worth_it =
            tag != DW_TAG_enumeration_type &&
            !(tag == DW_TAG_subprogram && dwarf_hasattr(&die, DW_AT_declaration));
        if (is_worth_it && dwarf_haschildren(&die) > 0) {
          const Scope& inner = scope_storage_.emplace_back(Scope{scope, die, {}});
          if (tag == DW_TAG_namespace) namespaces_.insert(name_of(inner));
          index_children(module, unit, die, &inner);
        }
        break;
      }
      case DW_TAG_lexical_block: index_children(module, unit, die, scope); break;
      case DW_TAG_variable: index_variable(module, die, scope); break;
      default: break;
    }
  } while (dwarf_siblingof(&die, &die) == 0);
}

void DebugInfo::index_function(Unit& unit, Dwarf_Die die) {
  Dwarf_Addr base = 0, low = 0, high = 0;
  std::ptrdiff_t offset = 0;
  while ((offset = dwarf_ranges(&die, offset, &base, &low, &high)) > 0) {
    unit.functions.push_back({low, high, dwarf_dieoffset(&die)});
  }
}

void DebugInfo::index_variable(Module& module, Dwarf_Die die, const Scope* scope) {
  Dwarf_Attribute attribute;
  if (dwarf_attr(&die, DW_AT_location, &attribute) == nullptr) return;
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_getlocation(&attribute, &ops, &count) != 0 || count != 1) return;
  Dwarf_Addr address = 0;
  if (ops[0].atom == DW_OP_addr) {
    address = ops[0].number;
  } else if (ops[0].atom == DW_OP_addrx || ops[0].atom == DW_OP_GNU_addr_index) {
    Dwarf_Attribute indexed;
    if (dwarf_getlocation_attr(&attribute, &ops[0], &indexed) != 0 ||
        dwarf_formaddr(&indexed, &address) != 0) {
      return;
    }
  } else {
    return;
  }
  const std::string name = die_name(die);
  const std::optional<std::uint64_t> size = type_size(die);
  if (address == 0 || name.empty() || !size) return;
  const char* linkage_name = die_linkage_name(die);
  std::string full_name = linkage_name == nullptr ? "" : shorten(demangle(linkage_name));
  if (full_name.empty()) full_name = qualified(scope == nullptr ? "" : name_of(*scope), name);
  module.globals.push_back({die, address + module.bias, *size, std::move(full_name)});
}

void DebugInfo::index_type(Dwarf_Die die, const Scope* scope) {
  scopes_.emplace(die.addr, scope);
  if (dwarf_hasattr(&die, DW_AT_declaration) != 0) return;
  const char* name = dwarf_diename(&die);
  if (name != nullptr) definitions_.emplace(name, die);
}

std::string die_name(Dwarf_Die die) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(&die, DW_AT_name, &attribute) == nullptr) return {};
  const char* name = dwarf_formstring(&attribute);
  return name == nullptr ? "" : name;
}

std::optional<Dwarf_Die> die_reference(Dwarf_Die die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Die target;
  if (dwarf_attr_integrate(&die, name, &attribute) == nullptr) return std::nullopt;
  if (dwarf_formref_die(&attribute, &target) == nullptr) return std::nullopt;
  return target;
}

std::optional<std::uint64_t> die_number(Dwarf_Die die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr_integrate(&die, name, &attribute) == nullptr) return std::nullopt;
  if (dwarf_formudata(&attribute, &value) != 0) return std::nullopt;
  return value;
}

std::vector<Dwarf_Die> die_children(Dwarf_Die die) {
  std::vector<Dwarf_Die> children;
  Dwarf_Die child;
  if (dwarf_child(&die, &child) != 0) return children;
  do {
    children.push_back(child);
  } while (dwarf_siblingof(&child, &child) == 0);
  return children;
}

const char* die_linkage_name(Dwarf_Die die) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(&die, DW_AT_linkage_name, &attribute) == nullptr) return nullptr;
  return dwarf_formstring(&attribute);
}

}  // namespace raddle::report
