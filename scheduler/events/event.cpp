#include "scheduler/events/event.hpp"

namespace raddle::scheduler {

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::ThreadCreate: return "thread create";
    case EventKind::ThreadStart: return "thread start";
    case EventKind::ThreadEnd: return "thread end";
    case EventKind::ThreadJoin: return "join";
    case EventKind::ThreadDetach: return "detach";
    case EventKind::Read: return "read";
    case EventKind::Write: return "write";
    case EventKind::AtomicLoad: return "atomic load";
    case EventKind::AtomicStore: return "atomic store";
    case EventKind::AtomicRmw: return "atomic read-modify-write";
    case EventKind::AtomicCompareFailed: return "failed compare-exchange";
    case EventKind::Fence: return "fence";
    case EventKind::MutexInit: return "mutex init";
    case EventKind::MutexDestroy: return "mutex destroy";
    case EventKind::MutexLock: return "lock";
    case EventKind::MutexTryLock: return "try-lock";
    case EventKind::MutexTryLockFailed: return "failed try-lock";
    case EventKind::MutexTimeout: return "lock timeout";
    case EventKind::MutexUnlock: return "unlock";
    case EventKind::RwInit: return "rwlock init";
    case EventKind::RwDestroy: return "rwlock destroy";
    case EventKind::ReadLock: return "read lock";
    case EventKind::ReadTryLock: return "read try-lock";
    case EventKind::ReadTryLockFailed: return "failed read try-lock";
    case EventKind::ReadTimeout: return "read lock timeout";
    case EventKind::WriteLock: return "write lock";
    case EventKind::WriteTryLock: return "write try-lock";
    case EventKind::WriteTryLockFailed: return "failed write try-lock";
    case EventKind::WriteTimeout: return "write lock timeout";
    case EventKind::ReadUnlock: return "read unlock";
    case EventKind::WriteUnlock: return "write unlock";
    case EventKind::CondInit: return "condition init";
    case EventKind::CondDestroy: return "condition destroy";
    case EventKind::CondWait: return "condition wait";
    case EventKind::CondWake: return "condition wake";
    case EventKind::CondTimeout: return "condition timeout";
    case EventKind::CondNotifyOne: return "notify one";
    case EventKind::CondNotifyAll: return "notify all";
    case EventKind::SemInit: return "semaphore init";
    case EventKind::SemDestroy: return "semaphore destroy";
    case EventKind::SemPost: return "semaphore post";
    case EventKind::SemWait: return "semaphore wait";
    case EventKind::SemTryFailed: return "failed semaphore try";
    case EventKind::SemTimeout: return "semaphore timeout";
    case EventKind::BarrierInit: return "barrier init";
    case EventKind::BarrierDestroy: return "barrier destroy";
    case EventKind::BarrierArrive: return "barrier arrive";
    case EventKind::BarrierLeave: return "barrier leave";
    case EventKind::OnceBegin: return "initialisation";
    case EventKind::OnceEnd: return "end of initialisation";
    case EventKind::OnceAbort: return "failed initialisation";
    case EventKind::OncePass: return "initialisation found done";
    case EventKind::FutexWait: return "futex wait";
    case EventKind::FutexMismatch: return "futex mismatch";
    case EventKind::FutexWoken: return "futex woken";
    case EventKind::FutexTimeout: return "futex timeout";
    case EventKind::FutexWake: return "futex wake";
    case EventKind::Suspend: return "suspend";
    case EventKind::Resume: return "resume";
    case EventKind::CondSpurious: return "spurious condition wake";
    case EventKind::FutexSpurious: return "spurious futex wake";
    case EventKind::AtomicWeakFailed: return "spurious failure of a weak compare-exchange";
    case EventKind::Yield: return "yield";
    case EventKind::Sleep: return "sleep";
    case EventKind::Choose: return "choice";
    case EventKind::Allocate: return "allocate";
    case EventKind::Free: return "free";
    case EventKind::Acquire: return "acquire annotation";
    case EventKind::Release: return "release annotation";
  }
  return "unknown operation";
}

}  // namespace raddle::scheduler
