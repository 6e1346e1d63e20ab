#pragma once

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <memory>

namespace raddle::gtest {

// While it lives, hands failures on threads under test to the harness, from
// whichever thread, and keeps what comes from others: code beside the exploration.
class Reporter final : public testing::ScopedFakeTestPartResultReporter {
 public:
  Reporter();

  // May be kept longer than the reporter.
  std::shared_ptr<testing::TestPartResultArray> kept() const { return kept_; }

  void ReportTestPartResult(const testing::TestPartResult& result) override;

 private:
  explicit Reporter(std::shared_ptr<testing::TestPartResultArray> kept);

  std::shared_ptr<testing::TestPartResultArray> kept_;
};

// Has the running execution failed fatally or skipped since the last forget?
bool must_not_go_on();
void forget_fatal_failures();

}  // namespace raddle::gtest
