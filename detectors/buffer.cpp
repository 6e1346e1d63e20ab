#include "detectors/buffer.hpp"

#include <cerrno>
#include <string>
#include <sys/mman.h>
#include <system_error>

namespace raddle::detectors {

void* map_zeroed(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(),
                            "no memory for a detector: " + std::to_string(bytes) + " bytes");
  }
  return memory;
}

void unmap(void* memory, std::size_t bytes) {
  if (memory != nullptr) munmap(memory, bytes);
}

}  // namespace raddle::detectors
