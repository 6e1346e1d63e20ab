#pragma once

#include "scheduler/objects/object.hpp"
#include "scheduler/operation.hpp"
#include "scheduler/thread.hpp"

#include <vector>

namespace raddle::scheduler {

// Could `operation`, announced by `thread`, take effect now? Timeouts aside: a
// timed operation that is not enabled may still be chosen, and then gives up. ThreadJoin is the
// engine's own: it knows who has ended.
[[gnu::always_inline]] inline bool is_enabled(const Operation& operation, const Thread& thread) {
  const Object* object = operation.object;
  // Asked most often, and soon answered.
  if (operation.kind == EventKind::MutexLock) {
    return object->owner == kNoThread || (object->is_recursive && object->owner == thread.id);
  }
  switch (operation.kind) {
    case EventKind::ReadLock: return object->owner == kNoThread;
    case EventKind::WriteLock: return object->owner == kNoThread && object->readers == 0;
    case EventKind::CondWake: return thread.was_woken && operation.mutex->owner == kNoThread;
    case EventKind::FutexWoken: return thread.was_woken;
    case EventKind::SemWait: return object->depth > 0;
    case EventKind::BarrierLeave: return object->phase != thread.barrier_phase;
    case EventKind::OnceBegin: return !object->is_running;
    case EventKind::Sleep: return false;  // only time lets it go on
    default: return true;
  }
}

// The threads that would have to release `object` first.
std::vector<ThreadId> holders(const Object& object);

}  // namespace raddle::scheduler
