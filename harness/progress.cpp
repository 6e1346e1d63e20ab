#include "harness/progress.hpp"

#include "harness/seconds_now.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <unistd.h>

namespace raddle::harness {
namespace {

std::string duration(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 1e6) return fmt::format("{:.0f} h", seconds / 3600);
  return "more than ten days";
}

}  // namespace

Progress::Progress(std::string_view test)
    : test_(test), is_terminal_(isatty(STDERR_FILENO) != 0), begun_(seconds_now()) {
  shown_ = begun_;
}

Progress::~Progress() {
  if (is_line_open_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::uint64_t executions, const std::function<double()>& share_now) {
  const double now = seconds_now();
  if (now - shown_ < (is_terminal_ ? 1 : 60)) return;
  shown_ = now;
  const double elapsed = now - begun_;
  const double share = share_now();
  std::string line =
      fmt::format("raddle: {}: {} executions in {}", test_, executions, duration(elapsed));
  if (share > 0) {
    line += fmt::format(", about {:.2g} % explored, {} left", 100 * share,
                        duration(elapsed / share - elapsed));
  }
  fmt::print(stderr, "{}{}{}", is_terminal_ ? "\r" : "", line, is_terminal_ ? "\x1b[K" : "\n");
  std::fflush(stderr);
  is_line_open_ = is_terminal_;
}

}  // namespace raddle::harness
