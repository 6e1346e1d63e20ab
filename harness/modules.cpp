#include "harness/modules.hpp"

#include <raddle/raddle.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <link.h>
#include <span>
#include <unistd.h>

namespace raddle::harness {
namespace {

// Names: this bit, the module, the place in it. The engine's have one of the two bits above.
constexpr std::uint64_t kInModule = std::uint64_t{1} << 61;
constexpr std::uint64_t kEngines = std::uint64_t{3} << 62;
constexpr unsigned kPlaceBits = 40;
constexpr std::uint64_t kPlaceMask = (std::uint64_t{1} << kPlaceBits) - 1;

std::string path_of_executable() {
  std::string path(4096, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  return path;
}

// FNV-1a of the file.
std::string hash_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError(fmt::format("{} cannot be read, to know it again", path));
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char byte = 0; file.get(byte);) {
    hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3;
  }
  return fmt::format("{:016x}", hash);
}

// The linker's build id; empty if there is none.
std::string build_id(std::span<const std::uint8_t> notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note{};
    std::copy_n(notes.data(), sizeof(note), reinterpret_cast<std::uint8_t*>(&note));
    const auto padded = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
    const std::size_t name = sizeof(note), content = name + padded(note.n_namesz);
    const std::size_t end = content + padded(note.n_descsz);
    if (end > notes.size()) break;
    const std::string_view owner(reinterpret_cast<const char*>(notes.data() + name), note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && owner == std::string_view("GNU\0", 4)) {
      std::string digits;
      for (std::size_t i = 0; i < note.n_descsz; ++i) {
        digits += fmt::format("{:02x}", notes[content + i]);
      }
      return digits;
    }
    notes = notes.subspan(end);
  }
  return {};
}

int add_module(dl_phdr_info* info, std::size_t, void* to) {
  auto& modules = *static_cast<std::vector<Modules::Module>*>(to);
  Modules::Module module{info->dlpi_name, {}, info->dlpi_addr, 0, 0};
  module.low = std::numeric_limits<std::uintptr_t>::max();
  for (const auto& header : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
    const std::uintptr_t low = info->dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_LOAD) {
      module.low = std::min(module.low, low);
      module.high = std::max(module.high, low + header.p_memsz);
    } else if (header.p_type == PT_NOTE && module.build.empty()) {
      module.build = build_id({reinterpret_cast<const std::uint8_t*>(low), header.p_memsz});
    }
  }
  if (modules.empty()) module.path = path_of_executable();
  modules.push_back(std::move(module));
  return 0;
}

}  // namespace

Modules::Modules() {
  dl_iterate_phdr(add_module, &modules_);
  for (Module& module : modules_) {
    // What has no file is the kernel's.
    if (module.build.empty() && module.path.find('/') != module.path.npos) {
      module.build = hash_of(module.path);
    }
  }
  is_used_.resize(modules_.size());
  is_used_[0] = true;
}

std::uint64_t Modules::name_of(std::uint64_t address) {
  if (address == 0 || (address & kEngines) != 0) return address;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    if (address < modules_[i].low || address >= modules_[i].high) continue;
    is_used_[i] = true;
    return kInModule | i << kPlaceBits | (address - modules_[i].base);
  }
  throw UsageError(fmt::format(
      "RADDLE_CHECKPOINT: the test uses an object at {:#x} that is neither its own nor global, "
      "such "
      "as a variable of the function that calls explore(), or a member of a fixture. It lies "
      "somewhere else each time the program runs, and the exploration could not go on from its "
      "file. Make it a variable of the body, or a global one",
      address));
}

void Modules::put_used(scheduler::Writer& out) const {
  out.put_count(modules_.size());
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    out.put_text(is_used_[i] ? modules_[i].path : "");
    out.put_text(is_used_[i] ? modules_[i].build : "");
  }
}

void Modules::get_used(scheduler::Reader& in, const std::string& file) {
  theirs_.assign(in.get_count(), 0);
  for (std::size_t i = 0; i < theirs_.size(); ++i) {
    const std::string path = in.get_text(), build = in.get_text();
    if (build.empty()) continue;
    const auto ours = std::find_if(modules_.begin(), modules_.end(),
                                   [&](const Module& module) { return module.build == build; });
    if (ours == modules_.end()) {
      throw UsageError(
          fmt::format("{} was written with {} (build {}), which is not what runs now: that is {} "
                      "(build {}). Run what wrote the file, or remove it to begin anew",
                      file, path, build, executable().path, executable().build));
    }
    theirs_[i] = static_cast<std::size_t>(ours - modules_.begin());
    is_used_[theirs_[i]] = true;
  }
}

std::uint64_t Modules::address_of(std::uint64_t name) const {
  if ((name & kEngines) != 0 || (name & kInModule) == 0) return name;
  const std::size_t module = (name & ~kInModule) >> kPlaceBits;
  if (module >= theirs_.size()) throw std::out_of_range("there is no such module");
  return modules_[theirs_[module]].base + (name & kPlaceMask);
}

}  // namespace raddle::harness
