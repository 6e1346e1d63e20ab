// The debug information of the modules loaded in this process, by libdw. Built
// lazily: a module's units are listed when an address of it is first asked
// for, a unit's functions, types and variables when they are.
#pragma once

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include <cstdint>
#include <deque>
#include <dwarf.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace raddle::report {

// A variable that lives at a fixed address.
struct GlobalVariable {
  Dwarf_Die die;
  std::uintptr_t address;
  std::uint64_t size;
  std::string name;  // qualified: "bank::total_", "instance::table"
};

// A code address and the debug information around it.
struct CodePlace {
  Dwarf_Die unit;
  Dwarf_Die function;  // the one whose code it is; inlined ones are inside it
  Dwarf_Addr address;  // as the module's debug information counts
  Dwfl_Module* module;
};

class DebugInfo {
 public:
  DebugInfo();
  ~DebugInfo();
  DebugInfo(const DebugInfo&) = delete;
  DebugInfo& operator=(const DebugInfo&) = delete;

  // Where the instruction before `return_address` stands; nothing if the
  // module there has no debug information.
  std::optional<CodePlace> place(std::uintptr_t return_address);

  // The linkage name of the symbol that `address` lies in, and how far into
  // it; null if there is none. Works without debug information.
  const char* symbol(std::uintptr_t address, std::uint64_t* offset);

  // The path of the module that `address` lies in, or empty.
  std::string module_path(std::uintptr_t address);

  // The variable with a fixed address that `address` lies in, or null.
  const GlobalVariable* global(std::uintptr_t address);

  // What encloses a type ("std", "bank::Account"), or empty.
  const std::string& scope_of(const Dwarf_Die& type);

  // A qualified name without the namespaces that it begins with: "Account::balance_"
  // for "bank::Account::balance_". Those of libraries ("std") are kept.
  std::string_view without_namespaces(std::string_view name) const;

  // The full definition of a type, if `type` is only a mention of it and there
  // is one; else `type`.
  Dwarf_Die complete(const Dwarf_Die& type);

  // The class of that qualified name in any module seen so far; one of the standard
  // library only in units seen so far.
  std::optional<Dwarf_Die> class_named(const std::string& qualified_name);

 private:
  struct Range {
    Dwarf_Addr low, high;
    Dwarf_Off die;  // of the function
  };
  struct Unit {
    Dwarf_Die die;
    std::vector<Range> ranges;     // of its code
    std::vector<Range> functions;  // sorted by low
    bool is_indexed = false;
  };
  struct Module {
    Dwfl_Module* handle = nullptr;
    Dwarf* dwarf = nullptr;  // null: no debug information
    Dwarf_Addr bias = 0;
    std::vector<Unit> units;
    std::vector<GlobalVariable> globals;
    bool is_indexed = false;
  };

  Module* module_at(std::uintptr_t address);
  void index(Module& module);
  void index(Module& module, Unit& unit);
  // A namespace, class or function that encloses others. Most are never asked
  // for their name, and demangling is what costs.
  struct Scope {
    const Scope* outer;
    Dwarf_Die die;
    mutable std::optional<std::string> name;  // qualified, once asked for
  };
  static const std::string& name_of(const Scope& scope);
  void index_children(Module& module, Unit& unit, Dwarf_Die parent, const Scope* scope);
  void index_function(Unit& unit, Dwarf_Die die);
  void index_variable(Module& module, Dwarf_Die die, const Scope* scope);
  void index_type(Dwarf_Die die, const Scope* scope);

  Dwfl_Callbacks callbacks_{};
  Dwfl* session_ = nullptr;
  std::map<Dwfl_Module*, Module> modules_;
  std::set<std::string, std::less<>> namespaces_;  // qualified, of the units indexed so far
  std::deque<Scope> scope_storage_;
  std::unordered_map<const void*, const Scope*> scopes_;  // of types, by the address of the DIE
  std::unordered_multimap<std::string_view, Dwarf_Die> definitions_;  // by name without scope
};

// DW_AT_name, looking through specifications and abstract origins; "" if none.
std::string die_name(Dwarf_Die die);

// The DIE that attribute `name` of `die` refers to, if it has one.
std::optional<Dwarf_Die> die_reference(Dwarf_Die die, unsigned name);

// An unsigned constant attribute, if it is there.
std::optional<std::uint64_t> die_number(Dwarf_Die die, unsigned name);

// The children of a DIE, in order.
std::vector<Dwarf_Die> die_children(Dwarf_Die die);

// The linkage name, looking through specifications and abstract origins; null if none.
const char* die_linkage_name(Dwarf_Die die);

}  // namespace raddle::report
