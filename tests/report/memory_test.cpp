#include "harness/report/memory.hpp"

#include "tests/report/fixture.hpp"
#include "tests/report/recording.hpp"

#include <gtest/gtest.h>

namespace raddle::report {
namespace {

using scheduler::EventKind;
using scheduler::Trace;

// The trace of a part of the fixture, with all that names need.
struct Names {
  explicit Names(void (*program)()) : trace(testing::record(program)) {}

  // The name of what the last event of that kind worked on. For a write of
  // size 4; for other kinds the size does not matter.
  MemoryName of_last(EventKind kind) {
    const std::size_t at = testing::last_of(trace, kind);
    const scheduler::Event& event = trace.events[at].event;
    memory.note(event.address, event.size, at);
    return memory.name(event.address, event.size);
  }
  std::string of_last_write() { return of_last(EventKind::Write).name; }

  Trace trace;
  DebugInfo info;
  Symbols symbols{info};
  Stacks stacks{symbols, trace};
  Memory memory{info, symbols, stacks, trace};
};

TEST(Memory, NamesGlobals) {
  EXPECT_EQ(Names(program::write_global).of_last_write(), "plain_global");
  EXPECT_EQ(Names(program::write_in_anonymous_namespace).of_last_write(), "hidden");
}

TEST(Memory, NamesStaticsWithTheirScope) {
  EXPECT_EQ(Names(program::write_static_member).of_last_write(), "Account::opened_");
  EXPECT_TRUE(
      Names(program::write_static_local).of_last_write().ends_with("write_static_local::calls"));
}

TEST(Memory, DropsNamespacesUnlessTwoNamesWouldBeTheSame) {
  Names one(program::write_in_table);
  const MemoryName table = one.of_last(EventKind::Write);
  EXPECT_EQ(table.name, "table[3].count");
  EXPECT_EQ(table.full_name, "bank::table[3].count");

  Names two(program::write_in_two_namespaces);
  for (std::size_t i = 0; i < two.trace.events.size(); ++i) {
    const scheduler::Event& event = two.trace.events[i].event;
    if (event.kind == EventKind::Write) two.memory.note(event.address, event.size, i);
  }
  EXPECT_EQ(two.of_last_write(), "shop::total");
}

TEST(Memory, NamesTheMemberOfAnArrayElement) {
  EXPECT_EQ(Names(program::write_in_table).of_last_write(), "table[3].count");
  EXPECT_EQ(Names(program::write_in_standard_array).of_last_write(), "standard[2].count");
}

TEST(Memory, NamesALocalOfAnotherThreadThatWasCapturedByReference) {
  Names names(program::write_local_by_reference);
  const MemoryName name = names.of_last(EventKind::Write);
  EXPECT_EQ(name.name, "counter");
  EXPECT_EQ(name.type, "int");
  EXPECT_TRUE(name.place.starts_with("local variable of `")) << name.place;
  EXPECT_TRUE(name.place.ends_with("write_local_by_reference`")) << name.place;
}

TEST(Memory, NamesParameters) {
  EXPECT_EQ(Names(program::write_parameter).of_last_write(), "amount");
}

TEST(Memory, NamesNestedMembers) {
  EXPECT_EQ(Names(program::write_nested).of_last_write(), "limits.high.hard");
}

TEST(Memory, NamesAMemberAfterItsClassWhenItsClassDidTheAccess) {
  EXPECT_EQ(Names(program::withdraw_from_local_account).of_last_write(), "Account::balance_");
  EXPECT_EQ(Names(program::write_base_member).of_last_write(), "Account::balance_");
}

TEST(Memory, NamesTheVariablesWhenTheMemberAloneWouldNotTellThemApart) {
  Names names(program::withdraw_from_two_accounts);
  std::vector<std::pair<std::uintptr_t, std::size_t>> writes;
  for (std::size_t i = 0; i < names.trace.events.size(); ++i) {
    const scheduler::Event& event = names.trace.events[i].event;
    if (event.kind == EventKind::Write && index(event.thread) > 0)
      writes.push_back({event.address, i});
  }
  ASSERT_EQ(writes.size(), 2U);
  for (const auto& [address, at] : writes) names.memory.note(address, 4, at);
  EXPECT_EQ(names.memory.name(writes[0].first, 4).name, "alice.balance_");
  EXPECT_EQ(names.memory.name(writes[1].first, 4).name, "bob.balance_");
}

TEST(Memory, NamesMembersOfHeapObjects) {
  Names names(program::withdraw_from_new_account);
  const MemoryName name = names.of_last(EventKind::Write);
  EXPECT_EQ(name.name, "Account::balance_");
  EXPECT_TRUE(name.place.starts_with("heap block of 48 bytes, allocated in `")) << name.place;
  EXPECT_EQ(Names(program::withdraw_from_shared_account).of_last_write(), "Account::balance_");
}

TEST(Memory, NamesElementsOfAHeapArray) {
  EXPECT_EQ(Names(program::write_in_vector).of_last_write(), "Account::balance_");
}

TEST(Memory, SaysHowFarIntoABlockOfUnknownContents) {
  EXPECT_EQ(Names(program::write_in_raw_block).of_last_write(), "heap block H1 + 8");
}

TEST(Memory, NamesMutexesWithoutTheirInsides) {
  Names names(program::lock_global_mutex);
  EXPECT_EQ(names.of_last(EventKind::MutexLock).name, "guard");
  EXPECT_EQ(names.of_last(EventKind::MutexLock).type, "std::mutex");
  EXPECT_EQ(Names(program::lock_c_mutex).of_last(EventKind::MutexLock).name, "c_guard");
  EXPECT_EQ(Names(program::lock_c_mutex).of_last(EventKind::MutexLock).type, "pthread_mutex_t");
}

TEST(Memory, TellsTheMutexesOfTwoObjectsApart) {
  Names names(program::lock_member_mutexes);
  const std::size_t last = testing::last_of(names.trace, EventKind::MutexLock);
  std::size_t first = 0;
  while (names.trace.events[first].event.kind != EventKind::MutexLock) ++first;
  const std::uintptr_t from = names.trace.events[first].event.address;
  const std::uintptr_t to = names.trace.events[last].event.address;
  names.memory.note(from, 0, first);
  EXPECT_EQ(names.memory.name(from, 0).name, "Account::mutex_");
  names.memory.note(to, 0, last);
  EXPECT_EQ(names.memory.name(from, 0).name, "from.mutex_");
  EXPECT_EQ(names.memory.name(to, 0).name, "to.mutex_");
}

TEST(Memory, GivesLettersToWhatHasNoName) {
  Names names(program::lock_global_mutex);
  const std::size_t at = testing::last_of(names.trace, EventKind::MutexLock);
  names.memory.note(16, 0, at);
  names.memory.note(32, 0, at);
  EXPECT_EQ(names.memory.name(16, 0).name, "mutex M1");
  EXPECT_EQ(names.memory.name(32, 0).name, "mutex M2");
}

TEST(Memory, WritesValuesAsTheProgramWould) {
  Names numbers(program::write_local_by_reference);
  const MemoryName counter = numbers.of_last(EventKind::Write);
  EXPECT_EQ(numbers.memory.value(0xffffffc4, 4, counter), "-60");
  Names colors(program::write_color);
  const MemoryName color = colors.of_last(EventKind::Write);
  EXPECT_EQ(color.type, "bank::Color");
  EXPECT_EQ(colors.memory.value(1, 4, color), "Green");
  EXPECT_EQ(colors.memory.value(7, 4, color), "7");
}

TEST(Memory, NeverShowsAPointerAsANumber) {
  Names names(program::lock_global_mutex);
  const MemoryName unknown;
  EXPECT_EQ(names.memory.value(0x7f1234567890, 8, unknown), "P1");
  EXPECT_EQ(names.memory.value(0x7f1234567898, 8, unknown), "P2");
  EXPECT_EQ(names.memory.value(0x7f1234567890, 8, unknown), "P1");
}

}  // namespace
}  // namespace raddle::report
