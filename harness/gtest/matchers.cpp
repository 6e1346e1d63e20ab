#include <raddle/gtest.hpp>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace raddle {
namespace {

// "a data-race", "an assertion".
std::string with_article(FindingKind kind) {
  const std::string_view word = name(kind);
  const bool is_vowel = std::string_view{"aeiou"}.find(word.front()) != std::string_view::npos;
  return (is_vowel ? "an " : "a ") + std::string{word};
}

// "balance_" is the last part of "Account::balance_", "a.balance_" and "a->balance_".
bool is_name_of(std::string_view wanted, std::string_view object) {
  if (!object.ends_with(wanted)) return false;
  const std::string_view before = object.substr(0, object.size() - wanted.size());
  return before.empty() || before.ends_with("::") || before.ends_with('.') ||
         before.ends_with("->");
}

class FindsMatcher final : public testing::MatcherInterface<const Report&> {
 public:
  FindsMatcher(FindingKind kind, std::optional<std::string> object)
      : kind_{kind}, object_{std::move(object)} {}

  bool MatchAndExplain(const Report& report,
                       testing::MatchResultListener* listener) const override {
    const bool matches =
        std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
          return finding.kind == kind_ && (!object_ || is_name_of(*object_, finding.object.name));
        });
    if (report.clean()) {
      *listener << "which finds nothing in " << report.executions << " executions";
    } else {
      *listener << "which finds " << with_article(report.findings.front().kind);
    }
    return matches;
  }
  void DescribeTo(std::ostream* out) const override { *out << "finds " << what(); }
  void DescribeNegationTo(std::ostream* out) const override { *out << "does not find " << what(); }

 private:
  std::string what() const {
    return with_article(kind_) + (object_ ? " on `" + *object_ + "`" : "");
  }

  FindingKind kind_;
  std::optional<std::string> object_;
};

class FindsNothingMatcher final : public testing::MatcherInterface<const Report&> {
 public:
  bool MatchAndExplain(const Report& report,
                       testing::MatchResultListener* listener) const override {
    if (!report.clean()) *listener << "which finds " << with_article(report.findings.front().kind);
    return report.clean();
  }
  void DescribeTo(std::ostream* out) const override { *out << "finds nothing"; }
  void DescribeNegationTo(std::ostream* out) const override { *out << "finds something"; }
};

}  // namespace

testing::Matcher<const Report&> Finds(FindingKind kind) {
  return testing::MakeMatcher(new FindsMatcher{kind, std::nullopt});
}
testing::Matcher<const Report&> FindsNothing() {
  return testing::MakeMatcher(new FindsNothingMatcher);
}
testing::Matcher<const Report&> FindsRace() { return Finds(FindingKind::DataRace); }
testing::Matcher<const Report&> FindsRaceOn(std::string object) {
  return testing::MakeMatcher(new FindsMatcher{FindingKind::DataRace, std::move(object)});
}
testing::Matcher<const Report&> FindsDeadlock() { return Finds(FindingKind::Deadlock); }
testing::Matcher<const Report&> FindsLostWakeup() { return Finds(FindingKind::LostWakeup); }
testing::Matcher<const Report&> FindsMutexMisuse() { return Finds(FindingKind::MutexMisuse); }
testing::Matcher<const Report&> FindsUseAfterFree() { return Finds(FindingKind::UseAfterFree); }
testing::Matcher<const Report&> FindsAssertion() { return Finds(FindingKind::Assertion); }
testing::Matcher<const Report&> FindsException() { return Finds(FindingKind::Exception); }
testing::Matcher<const Report&> FindsCrash() { return Finds(FindingKind::Crash); }

}  // namespace raddle
