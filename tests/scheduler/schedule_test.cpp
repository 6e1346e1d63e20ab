#include "scheduler/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace raddle::scheduler {
namespace {

using testing::HasSubstr;

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Mostly small numbers, as in life, and now and then any.
std::uint64_t some_number(std::mt19937_64& random) {
  const std::uint64_t number = random();
  return random() % 8 == 0 ? number : number >> (32 + random() % 32);
}

Schedule some_schedule(std::mt19937_64& random, std::size_t deviations) {
  Schedule schedule;
  schedule.steps = some_number(random);
  schedule.event_hash = static_cast<std::uint32_t>(random());
  std::uint64_t step = 0;
  for (std::size_t i = 0; i < deviations; ++i) {
    step += random() % 50 == 0 ? some_number(random) : random() % 40;
    const std::uint64_t thread = random() % 50 == 0 ? random() % 0x10000 : random() % 4;
    schedule.deviations.push_back({.step = step,
                                   .thread = thread_id(thread),
                                   .choice = static_cast<std::uint16_t>(some_number(random)),
                                   .is_value = random() % 4 == 0,
                                   .kind = static_cast<EventKind>(random() % kEventKinds),
                                   .object = static_cast<std::uint16_t>(some_number(random)),
                                   .options = static_cast<std::uint16_t>(some_number(random))});
  }
  return schedule;
}

TokenFlags some_flags(std::mt19937_64& random) {
  return {.on_race = static_cast<std::uint8_t>(random() % 4),
          .all_accesses = random() % 2 == 0,
          .finding = static_cast<std::uint8_t>(random() % 32)};
}

Schedule small_schedule() {
  return {
      .steps = 25,
      .event_hash = 0x89abcdef,
      .deviations = {
          {.step = 7, .choice = 2, .kind = EventKind::Write, .options = 2},
          {.step = 9,
           .thread = ThreadId{2},
           .choice = 1,
           .kind = EventKind::MutexLock,
           .object = 1,
           .options = 3},
          {.step = 12, .choice = 3, .is_value = true, .kind = EventKind::Choose, .options = 5}}};
}

std::string error_of(std::string_view token) {
  try {
    decode(token);
  } catch (const TokenError& error) {
    return error.what();
  }
  return "none";
}

TEST(Schedule, ComesBackFromItsTokenUnchanged) {
  constexpr std::uint64_t kSeed = 20240607;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 5000; ++i) {
    const Schedule schedule = some_schedule(random, random() % 40);
    const TokenFlags flags = some_flags(random);
    const auto mark = static_cast<std::uint32_t>(random() & 0xffffff);
    const DecodedToken decoded = decode(encode(schedule, mark, flags));
    ASSERT_EQ(decoded.schedule, schedule) << i;
    ASSERT_EQ(decoded.flags, flags) << i;
    ASSERT_EQ(decoded.fingerprint, mark) << i;
  }
}

TEST(Schedule, MayHaveAHundredThousandDeviations) {
  std::mt19937_64 random(1);
  const Schedule schedule = some_schedule(random, 100'000);
  EXPECT_EQ(decode(encode(schedule, 1, {})).schedule, schedule);
}

TEST(Token, NoticesEveryChangeOfOneCharacter) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 15; ++i) {
    const std::string token = encode(some_schedule(random, random() % 20), 77, some_flags(random));
    for (std::size_t at = 0; at < token.size(); ++at) {
      for (const char c : std::string(kAlphabet) + " =+/\n\xff") {
        if (c == token[at]) continue;
        std::string changed = token;
        changed[at] = c;
        ASSERT_THROW(decode(changed), TokenError) << token << " -> " << changed;
      }
    }
  }
}

TEST(Token, NoticesEveryTruncation) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) {
    const std::string token = encode(some_schedule(random, random() % 20), 77, {});
    for (std::size_t length = 3; length < token.size(); ++length) {
      ASSERT_THAT(error_of(token.substr(0, length)), HasSubstr("truncated")) << token;
    }
  }
}

TEST(Token, NoticesWhatIsAppended) {
  const std::string token = encode(small_schedule(), 77, {});
  for (const char* tail : {"A", "AAAA", " ", "\n", "=", "-"}) {
    EXPECT_THAT(error_of(token + tail), HasSubstr("damaged")) << tail;
  }
}

TEST(Token, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(error_of(""), "the replay token is empty");
  EXPECT_EQ(error_of("hello"), "\"hello\" is not a replay token: one starts with \"r1-\"");
  EXPECT_THAT(error_of("r-AAAA"), HasSubstr("is not a replay token"));
  EXPECT_THAT(error_of("r1"), HasSubstr("is not a replay token"));
  EXPECT_THAT(error_of("r1234567-A"), HasSubstr("is not a replay token"));
  EXPECT_THAT(error_of(std::string(10'000, 'x')), HasSubstr("xxx...\" is not a replay token"));
  EXPECT_EQ(error_of("r2-7YJQ2"),
            "the replay token has version 2, this raddle reads version 1: the token was made by a "
            "newer raddle");
  EXPECT_THAT(error_of("r0-7YJQ2"), HasSubstr("by an older raddle"));
  EXPECT_EQ(error_of("r1-7YJQ2"), "the replay token is truncated or damaged: it ends too early");
  EXPECT_EQ(error_of("r1-7YJ+2"),
            "the replay token is damaged: its character 7 cannot be part of a token");

  std::string token = encode(small_schedule(), 77, {});
  token[3] = token[3] == 'A' ? 'B' : 'A';
  EXPECT_EQ(error_of(token), "the replay token is damaged: its checksum is wrong");

  Schedule unknown = small_schedule();
  unknown.deviations[1].kind = static_cast<EventKind>(kEventKinds);
  EXPECT_THAT(error_of(encode(unknown, 77, {})), HasSubstr("by a newer raddle"));
}

// Tokens are kept in bug reports. If this test must change, so must the version.
TEST(Token, KeepsItsFormat) {
  EXPECT_EQ(encode({}, 0, {}), "r1-MgZAAAAAAAAAAAAA");
  EXPECT_EQ(encode(small_schedule(), fingerprint("Account.NeverOverdrawn"),
                   {.on_race = 1, .all_accesses = true, .finding = 12}),
            "r1-KyNbJRufomrze9kw4ZAhI4i8FdsKQ");
}

TEST(Token, TakesAboutFourCharactersForADeviation) {
  Schedule schedule{.steps = 1000, .event_hash = 0xffffffff, .deviations = {}};
  const std::size_t empty = encode(schedule, 0xffffff, {}).size();
  EXPECT_LE(empty, 20u);
  for (std::uint64_t i = 0; i < 100; ++i) {
    schedule.deviations.push_back({.step = i * 3,
                                   .thread = thread_id((i + 3) % 4),
                                   .choice = static_cast<std::uint16_t>(i % 4),
                                   .kind = EventKind::MutexLock,
                                   .object = static_cast<std::uint16_t>(i % 8),
                                   .options = 3});
  }
  EXPECT_LE(encode(schedule, 0xffffff, {}).size(), empty + 405);
}

TEST(Token, IsSafeInAShell) {
  std::mt19937_64 random(4);
  const std::string token = encode(some_schedule(random, 100), 5, {});
  EXPECT_EQ(token.find_first_not_of(kAlphabet), std::string::npos);
}

TEST(Fingerprint, DiffersBetweenTests) {
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 300; ++i) seen.insert(fingerprint("Suite.Test" + std::to_string(i)));
  EXPECT_EQ(seen.size(), 300u);
  EXPECT_LE(*seen.rbegin(), 0xffffffu);
  EXPECT_EQ(fingerprint("Account.NeverOverdrawn"), fingerprint("Account.NeverOverdrawn"));
}

}  // namespace
}  // namespace raddle::scheduler
