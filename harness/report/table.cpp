#include "harness/report/table.hpp"

#include "harness/report/paint.hpp"
#include "harness/report/short_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace raddle::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 10;  // below this a column says nothing
constexpr std::size_t kWidestValue = 24;
constexpr std::size_t kWidestPlace = 28;

struct Column {
  std::string heading;
  std::size_t width{};
};

std::string place_of(const Step& step) {
  if (step.where.file.empty()) return "";
  return fmt::format("{}:{}", file_name(step.where.file), step.where.line);
}

std::string heading_of(const Finding& finding, int thread) {
  for (const ThreadInfo& info : finding.threads) {
    if (info.id != thread) continue;
    return info.function.empty() ? info.name : info.name + " " + info.function;
  }
  return fmt::format("T{}", thread);
}

class Table {
 public:
  Table(const Finding& finding, const Style& style) : finding_(finding), style_(style) {
    for (const Step& step : finding.steps) {
      if (step.skipped == 0) threads_.push_back(step.thread);
    }
    std::sort(threads_.begin(), threads_.end());
    threads_.erase(std::unique(threads_.begin(), threads_.end()), threads_.end());
    measure();
    fit();
  }

  std::string text() const {
    std::string out = heading();
    for (const Step& step : finding_.steps) out += step.skipped > 0 ? gap_row(step) : row(step);
    return out;
  }

 private:
  void measure() {
    number_width_ = 4;
    for (int thread : threads_) columns_.push_back({heading_of(finding_, thread), 0});
    for (Column& column : columns_) column.width = width_of(column.heading);
    for (const Step& step : finding_.steps) {
      if (step.skipped > 0) continue;
      Column& column = columns_[column_of(step.thread)];
      column.width = std::max(column.width, width_of(step.action));
      if (!step.value.empty()) value_width_ = std::max(value_width_, width_of(step.value));
      place_width_ = std::max(place_width_, width_of(place_of(step)));
    }
    if (value_width_ > 0) {
      value_heading_ = last_part(finding_.object.name);
      value_width_ = std::min(kWidestValue, std::max(value_width_, width_of(value_heading_)));
    }
    place_width_ = std::min(kWidestPlace, place_width_);
  }

  std::size_t total() const {
    std::size_t width = 4 + number_width_;
    for (const Column& column : columns_) width += kGap + column.width;
    if (value_width_ > 0) width += kGap + value_width_;
    if (place_width_ > 0) width += kGap + place_width_;
    return width;
  }

  // Takes from the widest column first: names at the end of a long cell are
  // worth less than a whole short cell. Places go before cells get unreadable.
  void fit() {
    constexpr std::size_t kComfortable = 24;
    while (total() > style_.width) {
      const auto widest =
          std::max_element(columns_.begin(), columns_.end(),
                           [](const Column& a, const Column& b) { return a.width < b.width; });
      if (widest->width <= kComfortable && place_width_ > 0) {
        place_width_ = 0;
      } else if (widest->width > kNarrowest) {
        --widest->width;
      } else {
        return;  // so many threads that the lines must be long
      }
    }
  }

  std::size_t column_of(int thread) const {
    return static_cast<std::size_t>(std::lower_bound(threads_.begin(), threads_.end(), thread) -
                                    threads_.begin());
  }

  std::string heading() const {
    std::string line = "  " + padded("step", number_width_ + 2);
    for (const Column& column : columns_) line += padded(column.heading, column.width + kGap);
    if (value_width_ > 0) line += padded(value_heading_, value_width_ + kGap);
    return paint(without_end(line), Ink::Bold, style_.color) + "\n";
  }

  std::string row(const Step& step) const {
    const std::string mark = step.is_key ? "> " : "  ";
    std::string line = mark + padded(fmt::format("{}", step.number), number_width_ + 2);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool is_here = threads_[i] == step.thread;
      const std::string cell =
          padded(is_here ? clipped(step.action, columns_[i].width) : "", columns_[i].width + kGap);
      line += paint(cell, is_here && step.is_key ? Ink::Red : Ink::Plain, style_.color);
    }
    if (value_width_ > 0) {
      line += padded(clipped(step.value, value_width_), value_width_ + kGap);
    }
    if (place_width_ > 0) {
      line += paint(clipped(place_of(step), place_width_), Ink::Dim, style_.color);
    }
    return without_end(line) + "\n";
  }

  std::string gap_row(const Step& step) const {
    const std::string line = "  " + padded("", number_width_ + 2) + step.action;
    return paint(line, Ink::Dim, style_.color) + "\n";
  }

  static std::string without_end(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  }

  const Finding& finding_;
  const Style& style_;
  std::vector<int> threads_;
  std::vector<Column> columns_;
  std::string value_heading_;
  std::size_t number_width_{}, value_width_{}, place_width_{};
};

}  // namespace

std::string table(const Finding& finding, const Style& style) {
  if (finding.steps.empty()) return "";
  return Table(finding, style).text();
}

}  // namespace raddle::report
