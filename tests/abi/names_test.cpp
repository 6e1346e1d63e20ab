// Every function that instrumented code may call is there. Each name is referred to as a
// compiler's output does it: if one were missing, this test would not link.
#include <gtest/gtest.h>

#include <iterator>

namespace {

// What Clang 14 to 22 (ThreadSanitizer.cpp) and GCC 12 (sanitizer.def, tsan.cc) emit.
#define RADDLE_FOR_EACH_NAME(V) \
  V(__tsan_init)                \
  V(__tsan_func_entry)          \
  V(__tsan_func_exit)           \
  V(__tsan_ignore_thread_begin) \
  V(__tsan_ignore_thread_end)   \
  V(__tsan_vptr_read)           \
  V(__tsan_vptr_update)         \
  V(__tsan_read_range)          \
  V(__tsan_write_range)         \
  V(__tsan_memcpy)              \
  V(__tsan_memmove)             \
  V(__tsan_memset)              \
  V(__tsan_atomic_thread_fence) \
  V(__tsan_atomic_signal_fence) \
  RADDLE_ACCESS_NAMES(V, 1)     \
  RADDLE_ACCESS_NAMES(V, 2)     \
  RADDLE_ACCESS_NAMES(V, 4)     \
  RADDLE_ACCESS_NAMES(V, 8)     \
  RADDLE_ACCESS_NAMES(V, 16)    \
  RADDLE_ATOMIC_NAMES(V, 8)     \
  RADDLE_ATOMIC_NAMES(V, 16)    \
  RADDLE_ATOMIC_NAMES(V, 32)    \
  RADDLE_ATOMIC_NAMES(V, 64)    \
  RADDLE_ATOMIC_NAMES(V, 128)
#define RADDLE_ACCESS_NAMES(V, size)      \
  V(__tsan_read##size)                    \
  V(__tsan_write##size)                   \
  V(__tsan_read_write##size)              \
  V(__tsan_unaligned_read##size)          \
  V(__tsan_unaligned_write##size)         \
  V(__tsan_unaligned_read_write##size)    \
  V(__tsan_volatile_read##size)           \
  V(__tsan_volatile_write##size)          \
  V(__tsan_unaligned_volatile_read##size) \
  V(__tsan_unaligned_volatile_write##size)
#define RADDLE_ATOMIC_NAMES(V, bits)               \
  V(__tsan_atomic##bits##_load)                    \
  V(__tsan_atomic##bits##_store)                   \
  V(__tsan_atomic##bits##_exchange)                \
  V(__tsan_atomic##bits##_fetch_add)               \
  V(__tsan_atomic##bits##_fetch_sub)               \
  V(__tsan_atomic##bits##_fetch_and)               \
  V(__tsan_atomic##bits##_fetch_or)                \
  V(__tsan_atomic##bits##_fetch_xor)               \
  V(__tsan_atomic##bits##_fetch_nand)              \
  V(__tsan_atomic##bits##_compare_exchange_strong) \
  V(__tsan_atomic##bits##_compare_exchange_weak)   \
  V(__tsan_atomic##bits##_compare_exchange_val)

// What a program may call by itself: sanitizer/tsan_interface.h and the dynamic annotations
// (compiler-rt: tsan_interface_ann.cpp), as Clang 14 to 19 and GCC 12 have them.
#define RADDLE_FOR_EACH_PUBLIC_NAME(V) \
  V(__tsan_acquire)                    \
  V(__tsan_release)                    \
  V(__tsan_mutex_create)               \
  V(__tsan_mutex_destroy)              \
  V(__tsan_mutex_pre_lock)             \
  V(__tsan_mutex_post_lock)            \
  V(__tsan_mutex_pre_unlock)           \
  V(__tsan_mutex_post_unlock)          \
  V(__tsan_mutex_pre_signal)           \
  V(__tsan_mutex_post_signal)          \
  V(__tsan_mutex_pre_divert)           \
  V(__tsan_mutex_post_divert)          \
  V(__tsan_external_read)              \
  V(__tsan_external_write)             \
  V(AnnotateHappensBefore)             \
  V(AnnotateHappensAfter)              \
  V(AnnotateNewMemory)                 \
  V(__tsan_external_register_tag)      \
  V(__tsan_external_register_header)   \
  V(__tsan_external_assign_tag)        \
  V(AnnotateBenignRace)                \
  V(AnnotateBenignRaceSized)           \
  V(AnnotateIgnoreReadsBegin)          \
  V(AnnotateIgnoreReadsEnd)            \
  V(AnnotateIgnoreWritesBegin)         \
  V(AnnotateIgnoreWritesEnd)           \
  V(AnnotateRWLockCreate)              \
  V(AnnotateRWLockCreateStatic)        \
  V(AnnotateRWLockDestroy)             \
  V(AnnotateRWLockAcquired)            \
  V(AnnotateRWLockReleased)            \
  V(AnnotateThreadName)                \
  V(__tsan_check_no_mutexes_held)      \
  V(__tsan_flush_memory)               \
  V(__tsan_get_current_fiber)          \
  V(__tsan_create_fiber)               \
  V(__tsan_destroy_fiber)              \
  V(__tsan_switch_to_fiber)            \
  V(__tsan_set_fiber_name)             \
  V(__tsan_get_current_report)         \
  V(__tsan_get_report_data)            \
  V(__tsan_get_report_tag)             \
  V(__tsan_get_report_stack)           \
  V(__tsan_get_report_mop)             \
  V(__tsan_get_report_loc)             \
  V(__tsan_get_report_loc_object_type) \
  V(__tsan_get_report_mutex)           \
  V(__tsan_get_report_thread)          \
  V(__tsan_get_report_unique_tid)      \
  V(AnnotateIgnoreSyncBegin)           \
  V(AnnotateIgnoreSyncEnd)             \
  V(AnnotateCondVarSignal)             \
  V(AnnotateCondVarSignalAll)          \
  V(AnnotateCondVarWait)               \
  V(AnnotateEnableRaceDetection)       \
  V(AnnotateExpectRace)                \
  V(AnnotateFlushExpectedRaces)        \
  V(AnnotateFlushState)                \
  V(AnnotateMemoryIsInitialized)       \
  V(AnnotateMemoryIsUninitialized)     \
  V(AnnotateMutexIsNotPHB)             \
  V(AnnotateMutexIsUsedAsCondVar)      \
  V(AnnotateNoOp)                      \
  V(AnnotatePCQCreate)                 \
  V(AnnotatePCQDestroy)                \
  V(AnnotatePCQGet)                    \
  V(AnnotatePCQPut)                    \
  V(AnnotatePublishMemoryRange)        \
  V(AnnotateUnpublishMemoryRange)      \
  V(AnnotateTraceMemory)               \
  V(RunningOnValgrind)                 \
  V(ValgrindSlowdown)                  \
  V(ThreadSanitizerQuery)              \
  V(WTFAnnotateBenignRaceSized)        \
  V(WTFAnnotateHappensBefore)          \
  V(WTFAnnotateHappensAfter)
// The compilers know some of these by another type than that of a plain function.
#define RADDLE_DECLARE(name) extern "C" void raddle_test_##name() __asm__(#name);
RADDLE_FOR_EACH_NAME(RADDLE_DECLARE)
RADDLE_FOR_EACH_PUBLIC_NAME(RADDLE_DECLARE)

using Function = void (*)();
struct Name {
  const char* name;
  Function function;
};

#define RADDLE_ENTRY(name) {#name, raddle_test_##name},
const Name kEmitted[] = {RADDLE_FOR_EACH_NAME(RADDLE_ENTRY)};
const Name kPublic[] = {RADDLE_FOR_EACH_PUBLIC_NAME(RADDLE_ENTRY)};

TEST(CompilerAbi, HasEveryNameThatCompilersEmit) {
  EXPECT_EQ(std::size(kEmitted), 14u + 5 * 10 + 5 * 12);
  for (const Name& entry : kEmitted) EXPECT_NE(entry.function, nullptr) << entry.name;
}
TEST(CompilerAbi, HasEveryNameThatProgramsCall) {
  for (const Name& entry : kPublic) EXPECT_NE(entry.function, nullptr) << entry.name;
}

}  // namespace
