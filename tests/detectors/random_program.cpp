#include "tests/detectors/random_program.hpp"

namespace raddle::detectors {

using scheduler::MemoryOrder;
using enum scheduler::EventKind;

namespace {

constexpr std::size_t kThreads = 4;
constexpr std::uint64_t kBarrierSize = 2;

}  // namespace

RandomProgram::RandomProgram(std::uint64_t seed) : random_(seed), threads_(kThreads) {
  for (int i = 0; i < 7; ++i) weights_.push_back(below(3) == 0 ? 0 : 1 + unsigned(below(8)));
  weights_[0] = 2;
  weights_[1] += 1;
  places_ = 1 + below(3);
  mixed_sizes_ = below(2) == 0;
  threads_[0].started = true;
}

std::optional<scheduler::Event> RandomProgram::propose() {
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    const std::size_t thread = below(kThreads);
    unsigned total = 0;
    for (unsigned weight : weights_) total += weight;
    std::uint64_t pick = below(total);
    std::size_t family = 0;
    while (pick >= weights_[family]) pick -= weights_[family++];
    Event event;
    switch (family) {
      case 0: event = thread_event(thread); break;
      case 1: event = memory_event(); break;
      case 2: event = atomic_event(); break;
      case 3: event = lock_event(thread); break;
      case 4: event = condition_event(thread); break;
      case 5: event = counting_event(thread); break;
      default: event = heap_event(); break;
    }
    event.thread = scheduler::thread_id(thread);
    if (is_legal(event)) return event;
  }
  return std::nullopt;
}

scheduler::Event RandomProgram::thread_event(std::size_t thread) {
  Event event;
  if (!threads_[thread].started) {
    // Said by the creator; take() turns it into a create and a start.
    event.kind = ThreadStart;
    event.value = below(kThreads);
  } else if (below(4) == 0) {
    event.kind = ThreadEnd;
  } else {
    event.kind = ThreadJoin;
    event.value = below(kThreads);
  }
  return event;
}

scheduler::Event RandomProgram::memory_event() {
  Event event;
  event.kind = below(2) == 0 ? Read : Write;
  event.size = 4;
  if (below(8) == 0) {
    event.address = kAtomic + 4 * below(places_);
  } else {
    event.address = kPlain + 8 * below(places_);
  }
  if (mixed_sizes_) {
    event.address += below(8);
    event.size = 1 + static_cast<std::uint32_t>(below(below(4) == 0 ? 17 : 8));
  }
  return event;
}

scheduler::Event RandomProgram::atomic_event() {
  static constexpr EventKind kKinds[] = {
      AtomicLoad,  AtomicStore, AtomicRmw, AtomicCompareFailed, AtomicLoad,
      AtomicStore, Fence,       FutexWait, FutexSpurious,       AtomicWeakFailed};
  static constexpr MemoryOrder kOrders[] = {MemoryOrder::Relaxed, MemoryOrder::Relaxed,
                                            MemoryOrder::Acquire, MemoryOrder::Release,
                                            MemoryOrder::AcqRel,  MemoryOrder::SeqCst};
  Event event;
  event.kind = kKinds[below(10)];
  event.order = kOrders[below(6)];
  if (event.kind == Fence) return event;
  event.size = mixed_sizes_ && below(3) == 0 ? 8 : 4;
  event.address = kAtomic + event.size * below(event.size == 4 ? places_ : 2);
  return event;
}

scheduler::Event RandomProgram::lock_event(std::size_t thread) {
  Event event;
  if (below(2) == 0) {
    const std::size_t mutex = below(2);
    event.address = object(mutex);
    const bool mine = mutex_owner_[mutex] == static_cast<int>(thread);
    event.kind = mine ? MutexUnlock : below(2) == 0 ? MutexLock : MutexTryLock;
    if (!mine && mutex_owner_[mutex] >= 0) event.kind = MutexTryLockFailed;
    if (!mine && mutex_owner_[mutex] < 0 && below(16) == 0) event.kind = MutexInit;
  } else {
    event.address = object(2);
    if (writer_ == static_cast<int>(thread)) {
      event.kind = WriteUnlock;
    } else if (threads_[thread].reading) {
      event.kind = ReadUnlock;
    } else {
      event.kind = below(2) == 0 ? ReadLock : WriteLock;
    }
  }
  return event;
}

scheduler::Event RandomProgram::condition_event(std::size_t thread) {
  Event event;
  event.address = object(3);
  event.extra = object(0);
  if (threads_[thread].asleep) {
    event.kind = below(2) == 0 ? CondWake : CondTimeout;
  } else if (mutex_owner_[0] == static_cast<int>(thread) && below(2) == 0) {
    event.kind = below(4) == 0 ? CondSpurious : CondWait;
  } else {
    event.kind = below(2) == 0 ? CondNotifyOne : CondNotifyAll;
  }
  return event;
}

scheduler::Event RandomProgram::counting_event(std::size_t thread) {
  Event event;
  switch (below(4)) {
    case 0:
      event.kind = below(2) == 0 ? SemPost : SemWait;
      event.address = object(4);
      break;
    case 1:
      event.kind = threads_[thread].barrier != 0 ? BarrierLeave : BarrierArrive;
      event.address = object(5);
      event.value = kBarrierSize - arrived_ - 1;
      break;
    case 2:
      event.address = object(6);
      event.kind = once_ == -2 ? OncePass : once_ == -1 ? OnceBegin : OnceEnd;
      if (event.kind == OnceEnd && below(2) == 0) event.kind = OnceAbort;
      break;
    default:
      event.kind = below(2) == 0 ? Acquire : Release;
      // Of a plain place, too: an access to it does not end what was declared.
      event.address = below(2) == 0 ? object(7) : kPlain;
      break;
  }
  return event;
}

scheduler::Event RandomProgram::heap_event() {
  Event event;
  const std::size_t i = below(kBlocks);
  const std::uintptr_t begin = kHeap + 64 * i;
  const std::uint64_t size = 20 + 16 * i;
  switch (below(6)) {
    case 0:
      event.kind = blocks_[i].live ? Free : Allocate;
      event.address = begin;
      event.extra = size;
      event.size = event.kind == Free && below(4) == 0 ? 1 : 0;
      break;
    case 1:
      event.kind = below(2) == 0 ? AtomicRmw : AtomicLoad;
      event.order = below(2) == 0 ? MemoryOrder::Relaxed : MemoryOrder::AcqRel;
      event.address = begin + 8;
      event.size = 4;
      break;
    case 2:
      event.kind = Free;
      event.address = begin;
      event.extra = size;
      break;
    default:
      event.kind = below(2) == 0 ? Read : Write;
      event.address = begin + below(16);
      event.size = 1 + static_cast<std::uint32_t>(below(4));
      break;
  }
  return event;
}

bool RandomProgram::is_legal(const Event& event) const {
  const std::size_t id = index(event.thread);
  const Thread& thread = threads_[id];
  const int me = static_cast<int>(id);
  if (event.kind == ThreadStart) {
    const Thread& creator = threads_[event.value];
    return !thread.started && creator.started && !creator.ended && !creator.asleep &&
           creator.barrier == 0;
  }
  if (!thread.started || thread.ended) return false;
  if (thread.asleep) {
    return (event.kind == CondWake || event.kind == CondTimeout) && mutex_owner_[0] < 0;
  }
  if (thread.barrier != 0) return event.kind == BarrierLeave && thread.barrier <= phase_;
  switch (event.kind) {
    case ThreadEnd:
      return id != 0 && mutex_owner_[0] != me && mutex_owner_[1] != me && writer_ != me &&
             !thread.reading && once_ != me;
    case ThreadJoin: return threads_[event.value].ended && !threads_[event.value].joined;
    case OnceBegin: return once_ == -1;
    case OnceEnd:
    case OnceAbort: return once_ == me;
    case SemWait: return semaphore_ > 0;
    case ReadLock: return writer_ == -1;
    case WriteLock:
      for (const Thread& other : threads_) {
        if (other.reading) return false;
      }
      return writer_ == -1;
    default: return true;
  }
}

void RandomProgram::take(const Event& event) {
  Thread& thread = threads_[index(event.thread)];
  const int me = static_cast<int>(index(event.thread));
  switch (event.kind) {
    case ThreadStart: thread.started = true; break;
    case ThreadEnd: thread.ended = true; break;
    case ThreadJoin: threads_[event.value].joined = true; break;
    case MutexLock:
    case MutexTryLock: mutex_owner_[event.address == object(1)] = me; break;
    case MutexUnlock: mutex_owner_[event.address == object(1)] = -1; break;
    case CondSpurious: mutex_owner_[0] = -1; break;
    case CondWait:
      mutex_owner_[0] = -1;
      thread.asleep = true;
      break;
    case CondWake:
    case CondTimeout:
      mutex_owner_[0] = me;
      thread.asleep = false;
      break;
    case ReadLock: thread.reading = true; break;
    case ReadUnlock: thread.reading = false; break;
    case WriteLock: writer_ = me; break;
    case WriteUnlock: writer_ = -1; break;
    case SemPost: ++semaphore_; break;
    case SemWait: --semaphore_; break;
    case BarrierArrive:
      thread.barrier = phase_ + 1;
      if (++arrived_ == kBarrierSize) {
        arrived_ = 0;
        ++phase_;
      }
      break;
    case BarrierLeave: thread.barrier = 0; break;
    case OnceBegin: once_ = me; break;
    case OnceEnd: once_ = -2; break;
    case OnceAbort: once_ = -1; break;
    case Allocate:
    case Free: blocks_[event.address != kHeap].live = event.kind == Allocate; break;
    default: break;
  }
}

}  // namespace raddle::detectors
