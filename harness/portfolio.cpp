#include "harness/portfolio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace raddle::harness {
namespace {

// Shares of all executions, and of the time: at random to begin with, and to estimate how many
// interleavings there are. At least so many, for that to be of use.
constexpr std::uint64_t kFirstShare = 20, kEstimateShare = 40;
constexpr std::uint64_t kFirstMin = 50, kEstimateMin = 100;

class Portfolio {
 public:
  Portfolio(const Options& options, const std::function<Report(const Options&)>& explore_by)
      : options_(options), explore_by_(explore_by), begun_(std::chrono::steady_clock::now()) {}

  Report run() {
    if (!explore("mix", share(kFirstShare, kFirstMin), options_.time_s / kFirstShare)) {
      return report_;
    }
    if (search()) return report_;
    explore("mix", left(), seconds_left());
    return report_;
  }

 private:
  // True: nothing is left to be done.
  bool search() {
    if (!explore("estimate", share(kEstimateShare, kEstimateMin),
                 options_.time_s / kEstimateShare)) {
      return true;
    }
    const double all = report_.estimate, deviation = report_.estimate_deviation;
    const bool is_known = all > 0;
    if (is_known) phase().note = fmt::format("about {:.3g} +- {:.1g} would be all", all, deviation);
    if (is_known && fits(all - 2 * deviation) < 1) return false;
    // Half of what is left, or what is thought to be needed, if that fits.
    const double needed = std::min(1.5 * (all + 2 * deviation), static_cast<double>(left()));
    const std::uint64_t most = std::max(left() / 2, static_cast<std::uint64_t>(needed));
    if (!explore("exhaustive", most, seconds_left() / 2)) return true;
    if (is_at_its_end()) return report_.complete;
    phase().note =
        fmt::format("given up: that was not all, about {:.2g} % perhaps", 100 * phase().share);
    return false;
  }

  // How often so many executions fit into what is left.
  double fits(double executions) const {
    if (executions <= 0) return 1e300;
    return std::min(static_cast<double>(left()), seconds_left() / seconds_each()) / executions;
  }

  // The search has seen everything that it can see.
  bool is_at_its_end() {
    if (!report_.complete && report_.left_out.empty()) return false;
    phase().note = report_.complete ? "complete: every interleaving was explored"
                                    : "not complete: " + report_.left_out;
    return true;
  }

  // False: a finding ended it, or no time is left.
  bool explore(std::string_view strategy, std::uint64_t executions, double seconds_max) {
    if (executions == 0) return false;
    Options options = options_;
    options.strategy = strategy;
    options.executions = executions;
    if (options_.time_s > 0) {
      if (seconds_left() <= 0) return false;
      options.time_s = std::min(seconds_max, seconds_left());
    }
    const double begun = seconds();
    Report report = explore_by_(options);
    for (Finding& finding : report.findings) finding.execution += report_.executions;
    if (!report_.findings.empty()) {
      // A race that did not end the exploration. It has been found again, perhaps.
      std::erase_if(report.findings,
                    [](const Finding& finding) { return finding.kind == FindingKind::DataRace; });
      report.findings.insert(report.findings.begin(), report_.findings.begin(),
                             report_.findings.end());
    }
    report.phases = std::move(report_.phases);
    report.phases.push_back(
        {options.strategy, report.executions, report.share, seconds() - begun, {}});
    if (report.estimate == 0) {
      report.estimate = report_.estimate;
      report.estimate_deviation = report_.estimate_deviation;
    }
    runs_ += report.executions + report.redundant;
    report.decisions = merge(report);
    report.redundant += report_.redundant;
    report.executions += report_.executions;
    report_ = std::move(report);
    return report_.limit != "finding" && seconds_left() > 0;
  }

  Decisions merge(const Report& next) const {
    if (report_.executions == 0) return next.decisions;
    const auto before = static_cast<double>(report_.executions);
    const auto after = static_cast<double>(next.executions);
    return {std::min(report_.decisions.min, next.decisions.min),
            std::max(report_.decisions.max, next.decisions.max),
            (report_.decisions.mean * before + next.decisions.mean * after) / (before + after)};
  }

  Phase& phase() { return report_.phases.back(); }
  std::uint64_t share(std::uint64_t divisor, std::uint64_t min) const {
    return std::min(std::max(options_.executions / divisor, min), left());
  }
  std::uint64_t left() const {
    return options_.executions > runs_ ? options_.executions - runs_ : 0;
  }
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }
  double seconds_each() const {
    return seconds() / static_cast<double>(std::max<std::uint64_t>(runs_, 1));
  }
  double seconds_left() const { return options_.time_s > 0 ? options_.time_s - seconds() : 1e300; }

  const Options& options_;
  const std::function<Report(const Options&)>& explore_by_;
  std::chrono::steady_clock::time_point begun_;
  std::uint64_t runs_ = 0;
  Report report_;
};

}  // namespace

Report explore_by_portfolio(const Options& options,
                            const std::function<Report(const Options&)>& explore_by) {
  return Portfolio(options, explore_by).run();
}

}  // namespace raddle::harness
