// Identities that every layer shares.
#pragma once

#include <compare>
#include <cstdint>

namespace raddle::scheduler {

// A thread under test, numbered in the order of creation within one execution.
// Thread 0 runs the body.
enum class ThreadId : std::uint16_t {};

inline constexpr ThreadId kNoThread{0xffff};

// How many threads one execution may create. A body that needs more is told so.
inline constexpr std::size_t kThreadsMax = 1024;

constexpr std::size_t index(ThreadId id) { return static_cast<std::size_t>(id); }
constexpr ThreadId thread_id(std::size_t index) { return static_cast<ThreadId>(index); }

}  // namespace raddle::scheduler
