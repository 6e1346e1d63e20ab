#include "harness/report/symbols.hpp"

#include "harness/report/source_lines.hpp"
#include "harness/report/stacks.hpp"
#include "tests/report/fixture.hpp"
#include "tests/report/recording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace raddle::report {
namespace {

using scheduler::EventKind;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;

struct Where {
  Where(void (*program)(), EventKind kind) : trace(testing::record(program)) {
    const scheduler::TraceEvent& entry = trace.events[testing::last_of(trace, kind)];
    stack = stacks.for_people(entry.event.pc, entry.stack);
  }

  scheduler::Trace trace;
  DebugInfo info;
  Symbols symbols{info};
  Stacks stacks{symbols, trace};
  std::vector<Frame> stack;  // of the last event of that kind
};

std::string code(const Frame& frame) { return source_line(frame.file, frame.line); }

std::vector<std::string> functions(const std::vector<Frame>& stack) {
  std::vector<std::string> names;
  for (const Frame& frame : stack) names.push_back(frame.function);
  return names;
}

TEST(Symbols, TellFunctionFileAndLineOfAnAccess) {
  const Where where(program::withdraw_from_local_account, EventKind::Write);
  ASSERT_FALSE(where.stack.empty());
  EXPECT_EQ(where.stack[0].function, "bank::Account::withdraw");
  EXPECT_THAT(where.stack[0].file, EndsWith("tests/report/fixture.cpp"));
  EXPECT_THAT(code(where.stack[0]), HasSubstr("// writes balance"));
}

TEST(Symbols, CallALambdaAfterTheFunctionItIsWrittenIn) {
  const Where where(program::write_local_by_reference, EventKind::Write);
  ASSERT_FALSE(where.stack.empty());
  EXPECT_THAT(where.stack[0].function, EndsWith("write_local_by_reference::lambda"));
  EXPECT_THAT(code(where.stack[0]), HasSubstr("// lambda writes"));
}

TEST(Symbols, UnfoldInlinedFunctions) {
  const Where where(program::write_inlined, EventKind::Write);
  ASSERT_GE(where.stack.size(), 2U);
  EXPECT_EQ(where.stack[0].function, "add_inlined");
  EXPECT_THAT(code(where.stack[0]), HasSubstr("// inlined"));
  EXPECT_THAT(where.stack[1].function, EndsWith("write_inlined"));
  EXPECT_THAT(code(where.stack[1]), HasSubstr("// calls the inlined one"));
}

TEST(Symbols, NameLibraryFunctionsWithoutDebugInformation) {
  DebugInfo info;
  Symbols symbols(info);
  const auto in_malloc = reinterpret_cast<std::uintptr_t>(&std::malloc) + 1;
  EXPECT_THAT(functions(symbols.frames(in_malloc)), Contains(HasSubstr("malloc")));
  EXPECT_FALSE(is_program(symbols.frames(in_malloc).front()));
}

TEST(Symbols, SayThatTheyDoNotKnow) {
  DebugInfo info;
  Symbols symbols(info);
  ASSERT_EQ(symbols.frames(16).size(), 1U);
  EXPECT_EQ(symbols.frames(16)[0].function, "??");
}

TEST(Stacks, FoldTheStandardLibraryAway) {
  const Where where(program::withdraw_from_new_account, EventKind::Write);
  for (const Frame& frame : where.stack) EXPECT_TRUE(is_program(frame)) << frame.function;
}

TEST(SourceLines, AreEmptyForWhatCannotBeRead) {
  EXPECT_EQ(source_line("/does/not/exist.cpp", 1), "");
  EXPECT_EQ(source_line(__FILE__, 1), "#include \"harness/report/symbols.hpp\"");
  EXPECT_EQ(source_line(__FILE__, 1'000'000), "");
  EXPECT_EQ(source_line("", 0), "");
}

}  // namespace
}  // namespace raddle::report
