#include "harness/report/words.hpp"

#include <fmt/format.h>

namespace raddle::report {
namespace {

using scheduler::Event;
using scheduler::EventKind;
using scheduler::MemoryOrder;

// Sequentially consistent is what one gets without asking, so it is not said.
std::string_view order_suffix(MemoryOrder order) {
  switch (order) {
    case MemoryOrder::Relaxed: return " (relaxed)";
    case MemoryOrder::Consume: return " (consume)";
    case MemoryOrder::Acquire: return " (acquire)";
    case MemoryOrder::Release: return " (release)";
    case MemoryOrder::AcqRel: return " (acq_rel)";
    default: return "";
  }
}

std::string arrow(std::string_view verb, const ActionWords& words, std::string_view sign) {
  if (words.value.empty()) return fmt::format("{} {}", verb, words.object);
  return fmt::format("{} {} {} {}", verb, words.object, sign, words.value);
}

std::string notified(std::string_view verb, const Event& event, const ActionWords& words) {
  if (event.value == 0) return fmt::format("{} {}: nobody waits", verb, words.object);
  return fmt::format("{} {}: wakes {}", verb, words.object, event.value);
}

std::string duration(std::uint64_t ns) {
  if (ns % 1'000'000'000 == 0) return fmt::format("{} s", ns / 1'000'000'000);
  if (ns % 1'000'000 == 0) return fmt::format("{} ms", ns / 1'000'000);
  if (ns % 1'000 == 0) return fmt::format("{} us", ns / 1'000);
  return fmt::format("{} ns", ns);
}

}  // namespace

std::string_view object_word(EventKind kind) {
  switch (kind) {
    case EventKind::Read:
    case EventKind::Write:
    case EventKind::Free: return "memory";
    case EventKind::AtomicLoad:
    case EventKind::AtomicStore:
    case EventKind::AtomicRmw:
    case EventKind::AtomicCompareFailed:
    case EventKind::AtomicWeakFailed: return "atomic";
    case EventKind::RwInit:
    case EventKind::RwDestroy:
    case EventKind::ReadLock:
    case EventKind::ReadTryLock:
    case EventKind::ReadTryLockFailed:
    case EventKind::ReadTimeout:
    case EventKind::WriteLock:
    case EventKind::WriteTryLock:
    case EventKind::WriteTryLockFailed:
    case EventKind::WriteTimeout:
    case EventKind::ReadUnlock:
    case EventKind::WriteUnlock: return "rwlock";
    case EventKind::CondInit:
    case EventKind::CondDestroy:
    case EventKind::CondWait:
    case EventKind::CondWake:
    case EventKind::CondTimeout:
    case EventKind::CondSpurious:
    case EventKind::CondNotifyOne:
    case EventKind::CondNotifyAll: return "condition";
    case EventKind::SemInit:
    case EventKind::SemDestroy:
    case EventKind::SemPost:
    case EventKind::SemWait:
    case EventKind::SemTryFailed:
    case EventKind::SemTimeout: return "semaphore";
    case EventKind::BarrierInit:
    case EventKind::BarrierDestroy:
    case EventKind::BarrierArrive:
    case EventKind::BarrierLeave: return "barrier";
    case EventKind::OnceBegin:
    case EventKind::OnceEnd:
    case EventKind::OnceAbort:
    case EventKind::OncePass: return "once";
    case EventKind::FutexWait:
    case EventKind::FutexMismatch:
    case EventKind::FutexWoken:
    case EventKind::FutexTimeout:
    case EventKind::FutexSpurious:
    case EventKind::FutexWake: return "futex";
    case EventKind::MutexInit:
    case EventKind::MutexDestroy:
    case EventKind::MutexLock:
    case EventKind::MutexTryLock:
    case EventKind::MutexTryLockFailed:
    case EventKind::MutexTimeout:
    case EventKind::MutexUnlock: return "mutex";
    default: return "object";
  }
}

std::string action(const Event& event, const ActionWords& words) {
  const std::string& object = words.object;
  switch (event.kind) {
    case EventKind::ThreadCreate: return "create " + words.thread;
    case EventKind::ThreadStart: return "start";
    case EventKind::ThreadEnd: return "end";
    case EventKind::ThreadJoin: return "join " + words.thread;
    case EventKind::ThreadDetach: return "detach " + words.thread;
    case EventKind::Read: return arrow("read ", words, "->");
    case EventKind::Write: return arrow("write", words, "<-");
    case EventKind::AtomicLoad:
      return arrow("load ", words, "->") + std::string(order_suffix(event.order));
    case EventKind::AtomicStore:
      return arrow("store", words, "<-") + std::string(order_suffix(event.order));
    case EventKind::AtomicRmw:
      if (words.extra.empty()) return "update " + object;
      return fmt::format("update {}: {} -> {}{}", object, words.extra, words.value,
                         order_suffix(event.order));
    case EventKind::AtomicCompareFailed:
      return fmt::format("compare {}: is {}, not {}", object, words.value, words.extra);
    case EventKind::AtomicWeakFailed:
      return fmt::format("compare_exchange_weak {}: is {}, fails spuriously", object, words.value);
    case EventKind::Fence: return "fence" + std::string(order_suffix(event.order));
    case EventKind::MutexLock:
    case EventKind::WriteLock: return "lock " + object;
    case EventKind::MutexUnlock:
    case EventKind::WriteUnlock: return "unlock " + object;
    case EventKind::MutexTryLock:
    case EventKind::WriteTryLock: return "try_lock " + object + ": taken";
    case EventKind::MutexTryLockFailed:
    case EventKind::WriteTryLockFailed: return "try_lock " + object + ": is held";
    case EventKind::MutexTimeout:
    case EventKind::WriteTimeout: return "lock " + object + ": timed out";
    case EventKind::ReadLock: return "lock_shared " + object;
    case EventKind::ReadUnlock: return "unlock_shared " + object;
    case EventKind::ReadTryLock: return "try_lock_shared " + object + ": taken";
    case EventKind::ReadTryLockFailed: return "try_lock_shared " + object + ": is held";
    case EventKind::ReadTimeout: return "lock_shared " + object + ": timed out";
    case EventKind::MutexInit:
    case EventKind::RwInit:
    case EventKind::CondInit:
    case EventKind::SemInit:
    case EventKind::BarrierInit: return "create " + object;
    case EventKind::MutexDestroy:
    case EventKind::RwDestroy:
    case EventKind::CondDestroy:
    case EventKind::SemDestroy:
    case EventKind::BarrierDestroy: return "destroy " + object;
    case EventKind::CondWait: return "wait on " + object;
    case EventKind::CondWake: return "woken from " + object;
    case EventKind::CondTimeout: return "wait on " + object + ": timed out";
    case EventKind::CondSpurious: return "wait on " + object + ": wakes up spuriously";
    case EventKind::CondNotifyOne: return notified("notify_one", event, words);
    case EventKind::CondNotifyAll: return notified("notify_all", event, words);
    case EventKind::SemPost: return fmt::format("release {}: now {}", object, event.value);
    case EventKind::SemWait: return fmt::format("acquire {}: now {}", object, event.value);
    case EventKind::SemTryFailed: return "try_acquire " + object + ": is 0";
    case EventKind::SemTimeout: return "acquire " + object + ": timed out";
    case EventKind::BarrierArrive:
      return fmt::format("arrive at {}: {} missing", object, event.value);
    case EventKind::BarrierLeave: return "pass " + object;
    case EventKind::OnceBegin: return "initialise " + object;
    case EventKind::OnceEnd: return object + " is initialised";
    case EventKind::OnceAbort: return "initialising " + object + " threw";
    case EventKind::OncePass: return "find " + object + " initialised";
    case EventKind::FutexWait:
      if (words.value.empty()) return "wait on " + object;
      return fmt::format("wait while {} is {}", object, words.value);
    case EventKind::FutexMismatch:
      if (words.value.empty()) return "no wait on " + object;
      return fmt::format("no wait: {} is {}", object, words.value);
    case EventKind::FutexSpurious:
      if (words.value.empty()) return "wait on " + object + ": wakes up spuriously";
      return fmt::format("wait while {} is {}: wakes up spuriously", object, words.value);
    case EventKind::FutexWoken: return "woken from " + object;
    case EventKind::FutexTimeout: return "wait on " + object + ": timed out";
    case EventKind::FutexWake: return notified("wake", event, words);
    case EventKind::Suspend: return "suspended on " + object;
    case EventKind::Resume: return "resumed from " + object;
    case EventKind::Yield: return "yield";
    case EventKind::Sleep: return "sleep " + duration(event.value);
    case EventKind::Choose:
      return fmt::format("choose {} of 0..{}", event.value, event.extra == 0 ? 0 : event.extra - 1);
    case EventKind::Allocate: return fmt::format("allocate {}", object);
    case EventKind::Free: return "free " + object;
    case EventKind::Acquire: return "acquire " + object;
    case EventKind::Release: return "release " + object;
  }
  return "?";
}

std::string waiting(EventKind waiting_for, const std::string& object, const std::string& thread) {
  switch (waiting_for) {
    case EventKind::ThreadJoin: return "waits for " + thread + " to end";
    case EventKind::CondWake:
    case EventKind::CondWait: return "waits to be notified on " + object;
    case EventKind::SemWait: return "waits for " + object + " to be released";
    case EventKind::BarrierLeave: return "waits at " + object;
    case EventKind::OnceBegin: return "waits for " + object + " to be initialised";
    case EventKind::FutexWoken:
    case EventKind::FutexWait: return "waits on " + object;
    case EventKind::Resume:
      return object.empty() ? "waits for its turn on the thread"
                            : "waits to be resumed on " + object;
    case EventKind::Sleep: return "sleeps";
    case EventKind::ReadLock: return "waits for " + object + " (shared)";
    default: return "waits for " + object;
  }
}

std::string_view past(detectors::AccessKind access) {
  switch (access) {
    case detectors::AccessKind::Read: return "read";
    case detectors::AccessKind::Write: return "wrote";
    case detectors::AccessKind::AtomicRead: return "atomically read";
    case detectors::AccessKind::AtomicWrite: return "atomically wrote";
    case detectors::AccessKind::Free: return "freed";
  }
  return "touched";
}

bool is_plain_access(EventKind kind) { return kind == EventKind::Read || kind == EventKind::Write; }

bool is_atomic_access(EventKind kind) {
  return kind == EventKind::AtomicLoad || kind == EventKind::AtomicStore ||
         kind == EventKind::AtomicRmw || kind == EventKind::AtomicCompareFailed ||
         kind == EventKind::AtomicWeakFailed;
}

bool is_access(EventKind kind) { return is_plain_access(kind) || is_atomic_access(kind); }

bool is_write(EventKind kind) {
  return kind == EventKind::Write || kind == EventKind::AtomicStore || kind == EventKind::AtomicRmw;
}

bool is_synchronisation(EventKind kind) {
  switch (kind) {
    case EventKind::ThreadStart:
    case EventKind::ThreadEnd:
    case EventKind::Read:
    case EventKind::Write:
    case EventKind::MutexInit:
    case EventKind::RwInit:
    case EventKind::CondInit:
    case EventKind::SemInit:
    case EventKind::BarrierInit:
    case EventKind::MutexDestroy:
    case EventKind::RwDestroy:
    case EventKind::CondDestroy:
    case EventKind::SemDestroy:
    case EventKind::BarrierDestroy:
    case EventKind::Yield:
    case EventKind::Sleep:
    case EventKind::Choose:
    case EventKind::Allocate:
    case EventKind::Free: return false;
    default: return true;
  }
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace raddle::report
