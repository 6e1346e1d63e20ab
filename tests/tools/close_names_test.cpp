#include "tools/close_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace raddle::tools {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kNames{"transfer", "withdraw_50_30", "withdraw_80_80",
                                      "philosophers", "lost_update"};

TEST(CloseNames, FindsANameWithASlipInIt) {
  EXPECT_THAT(close_names("trasnfer", kNames), ElementsAre("transfer"));
  EXPECT_THAT(close_names("philosopher", kNames), ElementsAre("philosophers"));
}

TEST(CloseNames, FindsNamesThatGoOn) {
  EXPECT_THAT(close_names("withdraw", kNames), ElementsAre("withdraw_50_30", "withdraw_80_80"));
}

TEST(CloseNames, FindsWordsInAnotherOrder) {
  EXPECT_THAT(close_names("update_lost", kNames), ElementsAre("lost_update"));
}

TEST(CloseNames, PutsTheClosestFirst) {
  EXPECT_THAT(close_names("withdraw_80_8", kNames),
              ElementsAre("withdraw_80_80", "withdraw_50_30"));
}

TEST(CloseNames, FindsNothingForAWordThatResemblesNone) {
  EXPECT_THAT(close_names("zzz", kNames), IsEmpty());
  EXPECT_THAT(close_names("", kNames), IsEmpty());
  EXPECT_THAT(close_names("x", {"y", ""}), IsEmpty());
}

}  // namespace
}  // namespace raddle::tools
