// What the runtime calls instead of memcpy and its like, for tests that use
// parts of the runtime without its interposed functions.
#include <cstddef>
#include <cstring>

extern "C" {

void* raddle_memcpy(void* to, const void* from, std::size_t size);
void* raddle_memmove(void* to, const void* from, std::size_t size);
void* raddle_memset(void* to, int value, std::size_t size);

void* raddle_memcpy(void* to, const void* from, std::size_t size) {
  return std::memcpy(to, from, size);
}
void* raddle_memmove(void* to, const void* from, std::size_t size) {
  return std::memmove(to, from, size);
}
void* raddle_memset(void* to, int value, std::size_t size) { return std::memset(to, value, size); }

}  // extern "C"
