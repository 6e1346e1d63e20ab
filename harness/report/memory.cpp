#include "harness/report/memory.hpp"

#include "harness/report/captures.hpp"
#include "harness/report/locals.hpp"
#include "harness/report/short_name.hpp"
#include "harness/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

namespace raddle::report {
namespace {

using scheduler::EventKind;

std::string file_and_line(const Frame& frame) {
  if (frame.file.empty()) return "";
  return fmt::format("{}:{}", std::filesystem::path(frame.file).filename().string(), frame.line);
}

std::string without_dot(const std::string& path) {
  return path.starts_with(".") ? path.substr(1) : path;
}

// "Account" from "std::__new_allocator<Account>::allocate(...)" and the like.
std::string template_argument(std::string_view name, std::string_view of) {
  const std::size_t at = name.find(of);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + of.size();
  int depth = 0;
  for (std::size_t i = from; i < name.size(); ++i) {
    if (name[i] == '<') ++depth;
    if (name[i] == '>' || name[i] == ',') {
      if (depth == 0) return std::string(name.substr(from, i - from));
      if (name[i] == '>') --depth;
    }
  }
  return {};
}

constexpr std::uint64_t kSharedHeader = 16;  // what std::make_shared puts before the object

}  // namespace

Memory::Memory(DebugInfo& info, Symbols& symbols, Stacks& stacks, const scheduler::Trace& trace)
    : info_(info), symbols_(symbols), stacks_(stacks), trace_(trace) {}

void Memory::note(std::uintptr_t address, std::uint64_t size, std::size_t at_event) {
  const Key key{address, size};
  if (noted_.contains(key) || at_event >= trace_.events.size()) return;
  Noted noted = look_up(address, size, at_event);
  noted.order = noted_.size();
  if (noted.by_variable.empty()) {
    const std::string word(object_word(trace_.events[at_event].event.kind));
    const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(word.front())));
    noted.by_variable = fmt::format("{} {}{}", word, letter, ++letters_[word]);
  }
  noted.result.size = size;
  noted_.emplace(key, std::move(noted));
  is_settled_ = false;
}

Memory::Noted Memory::look_up(std::uintptr_t address, std::uint64_t size, std::size_t at_event) {
  Noted noted;
  if (size == kWholeBlock) {
    look_up_heap(noted, address, size, at_event);
    return noted;
  }
  if (look_up_local(noted, address, size, at_event)) return noted;
  if (look_up_heap(noted, address, size, at_event)) return noted;
  if (look_up_global(noted, address, size)) return noted;
  return noted;
}

void Memory::set_variable(Noted& noted, const std::string& base, Dwarf_Die type,
                          std::uint64_t offset, std::uint64_t size) {
  const Member member = member_at(info_, type, offset, size);
  noted.by_variable = base + member.path;
  noted.result.type = member.type;
  noted.result.scalar = member.scalar;
  if (!member.owner.empty() && !member.owner_path.empty()) {
    noted.by_member = member.owner + "::" + without_dot(member.owner_path);
  }
}

bool Memory::look_up_global(Noted& noted, std::uintptr_t address, std::uint64_t size) {
  if (const GlobalVariable* variable = info_.global(address)) {
    const std::optional<Dwarf_Die> type = plain_type(variable->die);
    if (!type) return false;
    set_variable(noted, variable->name, *type, address - variable->address, size);
    noted.result.place = "global or static variable";
    noted.by_member.clear();  // there is only one of it, and its own name says more
    return true;
  }
  std::uint64_t offset = 0;
  const char* symbol = info_.symbol(address, &offset);
  if (symbol == nullptr) return false;
  noted.by_variable = shorten(demangle(symbol));
  if (offset > 0) noted.by_variable += fmt::format("+{}", offset);
  noted.result.place = "global or static variable";
  return true;
}

std::vector<OpenCall> Memory::calls_of(scheduler::ThreadId thread, std::size_t at_event) const {
  const auto& events = trace_.events;
  for (std::size_t i = std::min(at_event + 1, events.size()); i-- > 0;) {
    if (events[i].event.thread == thread) return stacks_.calls(events[i].event.pc, events[i].stack);
  }
  for (std::size_t i = at_event + 1; i < events.size(); ++i) {
    if (events[i].event.thread == thread) return stacks_.calls(events[i].event.pc, events[i].stack);
  }
  const scheduler::TraceThread& info = trace_.threads[index(thread)];
  return stacks_.calls(info.last_pc, info.last_stack);
}

bool Memory::look_up_local(Noted& noted, std::uintptr_t address, std::uint64_t size,
                           std::size_t at_event) {
  for (std::size_t t = 0; t < trace_.threads.size(); ++t) {
    const scheduler::TraceThread& thread = trace_.threads[t];
    if (address < thread.stack_low || address >= thread.stack_high) continue;
    for (const OpenCall& call : calls_of(scheduler::thread_id(t), at_event)) {
      const std::optional<LocalVariable> local = local_at(info_, call, address);
      if (!local) continue;
      set_variable(noted, local->name, local->type, address - local->address, size);
      noted.result.place =
          fmt::format("local variable of `{}`", symbols_.frames(call.pc).back().function);
      // A variable of the program says more than the class, unless the access
      // comes from inside the class, where that variable's name is unknown.
      const std::vector<Dwarf_Die> classes = this_classes(trace_.events[at_event]);
      const bool is_by_member =
          !classes.empty() && noted.by_member.starts_with(type_name(info_, classes.front()) + "::");
      if (!is_by_member) noted.by_member.clear();
      return true;
    }
    if (const auto captured = captured_at(info_, symbols_, trace_, address)) {
      set_variable(noted, captured->name, captured->type, address - captured->address, size);
      noted.result.place = "local variable that a lambda holds by reference";
      noted.by_member.clear();
      return true;
    }
    noted.result.place = "on the stack of a thread";
  }
  return false;
}

// The classes whose member functions are open at an event, innermost first:
// those of the program only.
std::vector<Dwarf_Die> Memory::this_classes(const scheduler::TraceEvent& entry) {
  std::vector<Dwarf_Die> classes;
  constexpr std::size_t kDeepest = 24;
  std::uintptr_t pc = entry.event.pc;
  std::uint32_t node = entry.stack;
  for (std::size_t depth = 0; pc != 0 && depth < kDeepest; ++depth) {
    for (const Dwarf_Die& function : symbols_.functions(pc)) {
      const std::optional<Dwarf_Die> type = class_of_this(function);
      if (type && !is_library_type(info_, *type) && !die_name(*type).empty()) {
        classes.push_back(info_.complete(*type));
      }
    }
    if (node == 0 || node >= trace_.stacks.size()) break;
    pc = trace_.stacks[node].call_pc;
    node = trace_.stacks[node].parent;
  }
  return classes;
}

// What class the objects in a block are of, from who touches it and, failing
// that, from the allocator that made it. `header`: bytes before the first object.
std::optional<Dwarf_Die> Memory::class_of_block(const scheduler::Event& allocation,
                                                std::uint32_t allocation_stack,
                                                std::uint64_t& header) {
  const std::uint64_t block = allocation.extra;
  std::optional<Dwarf_Die> in_array;
  std::set<std::pair<std::uintptr_t, std::uint32_t>> seen;
  for (const scheduler::TraceEvent& entry : trace_.events) {
    const scheduler::Event& event = entry.event;
    if (event.address - allocation.address >= block) continue;
    if (!seen.insert({event.pc, entry.stack}).second) continue;
    for (Dwarf_Die type : this_classes(entry)) {
      Dwarf_Word size = 0;
      if (dwarf_aggregate_size(&type, &size) != 0 || size == 0) continue;
      header = 0;
      if (size == block) return type;
      header = kSharedHeader;
      if (size + kSharedHeader == block) return type;
      if (block % size == 0 && !in_array) in_array = type;
    }
  }
  header = 0;
  if (in_array) return in_array;
  for (const OpenCall& call : stacks_.calls(allocation.pc, allocation_stack)) {
    if (call.pc == 0) continue;
    for (const Dwarf_Die& function : symbols_.functions(call.pc)) {
      const std::string name = demangle(die_linkage_name(function));
      for (std::string_view maker :
           {"_Sp_counted_ptr_inplace<", "make_unique<", "new_allocator<"}) {
        const std::string argument = template_argument(name, maker);
        const auto type = argument.empty() ? std::nullopt : info_.class_named(argument);
        if (!type) continue;
        header = maker.starts_with("_Sp") ? kSharedHeader : 0;
        return type;
      }
    }
  }
  return std::nullopt;
}

bool Memory::look_up_heap(Noted& noted, std::uintptr_t address, std::uint64_t size,
                          std::size_t at_event) {
  const scheduler::TraceEvent* found = nullptr;
  for (std::size_t i = 0; i <= at_event; ++i) {
    const scheduler::Event& event = trace_.events[i].event;
    if (event.kind != EventKind::Allocate) continue;
    if (address - event.address < std::max<std::uint64_t>(event.extra, 1))
      found = &trace_.events[i];
  }
  if (found == nullptr) return false;
  const scheduler::Event& allocation = found->event;
  const Frame where = stacks_.where(allocation.pc, found->stack);
  noted.result.place = fmt::format("heap block of {} bytes, allocated in `{}`", allocation.extra,
                                   where.function.empty() ? "??" : where.function);
  if (!where.file.empty()) noted.result.place += " (" + file_and_line(where) + ")";

  std::uint64_t header = 0;
  const std::uint64_t offset = address - allocation.address;
  const std::optional<Dwarf_Die> type = class_of_block(allocation, found->stack, header);
  if (type && offset >= header) {
    Dwarf_Die die = *type;
    Dwarf_Word one = 0;
    dwarf_aggregate_size(&die, &one);
    const std::uint64_t element = one == 0 ? 0 : (offset - header) / one;
    const std::string name = type_name(info_, die);
    const bool is_array = header == 0 && allocation.extra > one;
    if (size == kWholeBlock) {
      noted.by_variable = is_array ? name + "[]" : name;
      return true;
    }
    if (name.starts_with("std::__future_base::")) {
      noted.by_variable = "future";
      return true;
    }
    const std::uint64_t rest = one == 0 ? offset : (offset - header) % one;
    set_variable(noted, is_array ? fmt::format("{}[{}]", name, element) : name, die, rest, size);
    if (!noted.by_member.empty() && !is_array) noted.by_variable = noted.by_member;
    return true;
  }
  std::string& letter = blocks_[allocation.address];
  if (letter.empty()) letter = fmt::format("heap block H{}", blocks_.size());
  noted.by_variable = offset == 0 ? letter : fmt::format("{} + {}", letter, offset);
  return true;
}

// Gives out the names: the member's if it is the only one of that name, else
// the variable's, and a number where even that is not enough.
void Memory::settle() {
  is_settled_ = true;
  std::map<std::string, std::set<std::uintptr_t>> users;
  const auto preferred = [](const Noted& noted) {
    return noted.by_member.empty() ? noted.by_variable : noted.by_member;
  };
  for (const auto& [key, noted] : noted_) users[preferred(noted)].insert(key.first);
  std::map<std::string, std::map<std::uintptr_t, std::size_t>> same;
  for (auto& [key, noted] : noted_) {
    const bool is_unique = users[preferred(noted)].size() == 1;
    noted.result.name = is_unique ? preferred(noted) : noted.by_variable;
    std::size_t& first = same[noted.result.name].try_emplace(key.first, noted.order).first->second;
    first = std::min(first, noted.order);
  }
  for (auto& [key, noted] : noted_) {
    const auto& all = same[noted.result.name];
    if (all.size() == 1) continue;
    const std::size_t mine = all.at(key.first);
    const auto earlier = std::count_if(all.begin(), all.end(),
                                       [&](const auto& other) { return other.second <= mine; });
    noted.result.name += fmt::format(" #{}", earlier);
  }
  shorten_names();
}

void Memory::shorten_names() {
  std::map<std::string, std::set<std::string>> full_names;  // by short name
  for (auto& [key, noted] : noted_) {
    noted.result.full_name = noted.result.name;
    full_names[std::string(info_.without_namespaces(noted.result.name))].insert(noted.result.name);
  }
  for (auto& [key, noted] : noted_) {
    std::string brief(info_.without_namespaces(noted.result.name));
    if (full_names[brief].size() == 1) noted.result.name = std::move(brief);
  }
  std::map<std::string_view, std::set<std::string_view>> names;  // by their last part
  for (const auto& [key, noted] : noted_) {
    names[last_part(noted.result.name)].insert(noted.result.name);
  }
  for (auto& [key, noted] : noted_) {
    const std::string_view part = last_part(noted.result.name);
    noted.result.cell = names.at(part).size() == 1 ? std::string(part) : noted.result.name;
  }
}

const MemoryName& Memory::name(std::uintptr_t address, std::uint64_t size) {
  if (!is_settled_) settle();
  static const MemoryName kUnknown{
      "an unknown object", "an unknown object", "an unknown object", "", "", 0, {}};
  const auto at = noted_.find({address, size});
  return at == noted_.end() ? kUnknown : at->second.result;
}

std::string Memory::value(std::uint64_t value, std::uint64_t size, const MemoryName& object) {
  if (auto text = value_text(value, size, object.scalar)) return *text;
  int& number = pointers_[value];
  if (number == 0) number = static_cast<int>(pointers_.size());
  return fmt::format("P{}", number);
}

}  // namespace raddle::report
