// Shows that an exploration meets more than one outcome.
#pragma once

#include <raddle/gtest.hpp>

namespace raddle::tests {

// Explores `question` and expects that some executions answer yes and some no:
// who claims the one or the other is proved wrong.
inline void expect_both_answers(bool (*question)(),
                                SourceLocation where = SourceLocation::current()) {
  testing::ScopedTrace trace{where.file_name(), static_cast<int>(where.line()), "asked from here"};
  EXPECT_THAT(explore([=] { check(question(), "the answer was no"); }), FindsAssertion());
  EXPECT_THAT(explore([=] { check(!question(), "the answer was yes"); }), FindsAssertion());
}

}  // namespace raddle::tests
