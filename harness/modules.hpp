// The executable and the libraries of this process, and names for addresses in them that are the
// same in another process.
#pragma once

#include "scheduler/strategies/exhaustive/bytes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace raddle::harness {

class Modules {
 public:
  struct Module {
    std::string path;
    std::string build;  // what tells it from any other build, in hexadecimal digits
    std::uintptr_t base, low, high;
  };

  // Those that are loaded now. Throws UsageError if one cannot be read.
  Modules();

  // A name for an address. Names that the engine gives (Host::stable_name) stay as they are. Throws
  // UsageError for an address in no module: in another process something else lies there.
  std::uint64_t name_of(std::uint64_t address);
  // Writes the modules in which names were given.
  void put_used(scheduler::Writer& out) const;
  // Reads them, of another process. Throws UsageError, which says that it comes from `file`, if
  // this process has not the same.
  void get_used(scheduler::Reader& in, const std::string& file);
  // What was named there.
  std::uint64_t address_of(std::uint64_t name) const;

  const Module& executable() const { return modules_.front(); }

 private:
  std::vector<Module> modules_;
  std::vector<bool> is_used_;
  std::vector<std::size_t> theirs_;  // which of ours each of theirs is
};

}  // namespace raddle::harness
