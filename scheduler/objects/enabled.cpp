#include "scheduler/objects/enabled.hpp"

namespace raddle::scheduler {

std::vector<ThreadId> holders(const Object& object) {
  std::vector<ThreadId> result;
  if (object.owner != kNoThread) result.push_back(object.owner);
  for (std::size_t i = 0; i < 64; ++i) {
    if ((object.reader_ids >> i & 1) != 0) result.push_back(thread_id(i));
  }
  return result;
}

}  // namespace raddle::scheduler
