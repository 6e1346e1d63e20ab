#include "scheduler/objects/enabled.hpp"

namespace raddle::scheduler {

bool is_enabled(const Operation& operation, const Thread& thread, const Thread* target) {
  const Object* object = operation.object;
  switch (operation.kind) {
    case EventKind::MutexLock:
      return object->owner == kNoThread || (object->is_recursive && object->owner == thread.id);
    case EventKind::ReadLock: return object->owner == kNoThread;
    case EventKind::WriteLock: return object->owner == kNoThread && object->readers == 0;
    case EventKind::CondWake: return thread.was_woken && operation.mutex->owner == kNoThread;
    case EventKind::FutexWoken: return thread.was_woken;
    case EventKind::SemWait: return object->depth > 0;
    case EventKind::BarrierLeave: return object->phase != thread.barrier_phase;
    case EventKind::OnceBegin: return !object->is_running;
    case EventKind::ThreadJoin: return target->has_ended;
    case EventKind::Sleep: return false;  // only time lets it go on
    default: return true;
  }
}

std::vector<ThreadId> holders(const Object& object) {
  std::vector<ThreadId> result;
  if (object.owner != kNoThread) result.push_back(object.owner);
  for (std::size_t i = 0; i < 64; ++i) {
    if ((object.reader_ids >> i & 1) != 0) result.push_back(thread_id(i));
  }
  return result;
}

}  // namespace raddle::scheduler
