// Tokens that do not fit: damaged, of another version, of another test, of a changed program.
#include "tests/harness/bodies.hpp"
#include <raddle/gtest.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace raddle {
namespace {

Report replay(void (*body)(), const std::string& token, const std::string& test = "") {
  Options options;
  options.replay = token;
  options.test = test;
  return explore(body, options);
}

std::string error_of(const std::string& token) {
  try {
    replay(tests::lose_atomic_update, token);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string good_token() {
  const Report report = explore(tests::lose_atomic_update, tests::with_seed(6));
  return report.findings.at(0).token;
}

TEST(Token, ThatIsNoneIsAnError) {
  EXPECT_THAT(error_of("garbage"), testing::HasSubstr("is not a replay token"));
  EXPECT_THAT(error_of("r1-"), testing::HasSubstr("truncated"));
  EXPECT_THAT(error_of("r1-!!!!"), testing::HasSubstr("damaged"));
}

TEST(Token, ThatIsDamagedInAnyCharacterIsAnError) {
  const std::string token = good_token();
  for (std::size_t i = 3; i < token.size(); ++i) {
    std::string damaged = token;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(error_of(damaged), "") << damaged;
    EXPECT_NE(error_of(token.substr(0, i)), "") << token.substr(0, i);
  }
}

TEST(Token, OfAnotherVersionIsAnError) {
  EXPECT_THAT(error_of("r2" + good_token().substr(2)), testing::HasSubstr("version 2"));
}

TEST(Token, OfAnotherTestIsAnError) {
  const std::string token = good_token();
  try {
    replay(tests::lose_atomic_update, token, "Another.Test");
    FAIL() << "the token was taken";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("of another test than Another.Test"));
  }
}

// The same test, written anew: the threads take a mutex first.
void lose_update_behind_mutex() {
  std::atomic<int> counter{0};
  std::mutex mutex;
  const auto increment = [&] {
    { const std::lock_guard lock{mutex}; }
    counter = counter + 1;
  };
  std::thread a{increment};
  std::thread b{increment};
  a.join();
  b.join();
  check(counter == 2, "an increment was lost");
}

void do_nothing_to_speak_of() {
  std::thread{[] {}}.join();
}

TEST(Token, OfAProgramThatHasChangedSaysWhereItNoLongerFits) {
  const std::string token = good_token();
  const Report report = replay(do_nothing_to_speak_of, token);
  ASSERT_EQ(report.findings.size(), 1u) << report;
  EXPECT_EQ(report.findings[0].kind, FindingKind::Nondeterminism);
  const std::string text = report.findings[0].text();
  EXPECT_THAT(text, testing::HasSubstr("the token of an assertion does not fit"));
  EXPECT_THAT(text, testing::ContainsRegex("at step [0-9]+ of (main|T1): expected T[12] to go on"));
  EXPECT_THAT(text, testing::HasSubstr("found "));
  EXPECT_THAT(text, testing::HasSubstr("The program has changed since"));
}

// Its decisions still fit, by chance; what happens then is not what happened.
TEST(Token, OfAProgramThatHasChangedIsNeverTakenForAnExactReplay) {
  const std::string token = good_token();
  testing::internal::CaptureStderr();
  const Report report = replay(lose_update_behind_mutex, token);
  std::string text = testing::internal::GetCapturedStderr();
  for (const Finding& finding : report.findings) text += finding.text();
  EXPECT_THAT(text, testing::HasSubstr("program has changed since"));
}

TEST(Token, OfAMendedProgramFindsNothingOrSaysThatItDoesNotFit) {
  const std::string token = good_token();
  const Report report = replay(tests::count_under_mutex, token);
  for (const Finding& finding : report.findings) {
    EXPECT_EQ(finding.kind, FindingKind::Nondeterminism) << report;
  }
}

}  // namespace
}  // namespace raddle
