#include "harness/report/table.hpp"

#include "harness/report/paint.hpp"
#include "harness/report/short_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace raddle::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 20;  // below this a column of actions says nothing
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

std::string name_of(const Finding& finding, int thread) {
  for (const ThreadInfo& info : finding.threads) {
    if (info.id != thread) continue;
    return info.function.empty() ? info.name : info.name + " " + info.function;
  }
  return fmt::format("T{}", thread);
}

std::string without_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
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
    if (!fits()) {
      is_list_ = true;
      measure();
      fits();
    }
  }

  std::string text() const {
    std::string out = heading();
    for (const Step& step : finding_.steps) out += step.skipped > 0 ? gap_row(step) : row(step);
    return out;
  }

 private:
  void measure() {
    columns_.clear();
    if (is_list_) {
      columns_ = {{"thread", 0}, {"does", 0}};
      for (int thread : threads_) {
        columns_[0].width = std::max(columns_[0].width, width_of(name_of(finding_, thread)));
      }
    } else {
      for (int thread : threads_) columns_.push_back({name_of(finding_, thread), 0});
    }
    for (Column& column : columns_) column.width = std::max(column.width, width_of(column.heading));
    number_width_ = 4;
    value_width_ = place_width_ = 0;
    for (const Step& step : finding_.steps) {
      if (step.skipped > 0) continue;
      Column& column = columns_[column_of(step.thread)];
      column.width = std::max(column.width, width_of(step.action));
      number_width_ = std::max(number_width_, std::to_string(step.number).size());
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
    std::size_t width = 2 + number_width_;
    for (const Column& column : columns_) width += kGap + column.width;
    if (value_width_ > 0) width += kGap + value_width_;
    if (place_width_ > 0) width += kGap + place_width_;
    return width;
  }

  // Places go first: the details have those that matter. Then the widest
  // columns lose their ends. False if a column would become too narrow to be read.
  bool fits() {
    if (total() > style_.width) place_width_ = 0;
    while (total() > style_.width) {
      const auto widest =
          std::max_element(columns_.begin(), columns_.end(),
                           [](const Column& a, const Column& b) { return a.width < b.width; });
      if (widest->width <= kNarrowest) return false;
      --widest->width;
    }
    return true;
  }

  std::size_t column_of(int thread) const {
    if (is_list_) return 1;
    return static_cast<std::size_t>(std::lower_bound(threads_.begin(), threads_.end(), thread) -
                                    threads_.begin());
  }

  static std::string cell(std::string_view text, std::size_t width) {
    return padded(clipped(text, width), width + kGap);
  }

  std::string heading() const {
    std::string line = "  " + cell("step", number_width_);
    for (const Column& column : columns_) line += cell(column.heading, column.width);
    if (value_width_ > 0) line += cell(value_heading_, value_width_);
    return paint(without_end(line), Ink::Bold, style_.color) + "\n";
  }

  std::string row(const Step& step) const {
    std::string line = step.is_key ? "> " : "  ";
    line += cell(fmt::format("{}", step.number), number_width_);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool is_action = i == column_of(step.thread);
      std::string content;
      if (is_action) content = step.action;
      if (is_list_ && i == 0) content = name_of(finding_, step.thread);
      const bool is_marked = is_action && step.is_key;
      line +=
          paint(cell(content, columns_[i].width), is_marked ? Ink::Red : Ink::Plain, style_.color);
    }
    if (value_width_ > 0) line += cell(step.value, value_width_);
    if (place_width_ > 0) {
      line += paint(clipped(place_of(step), place_width_), Ink::Dim, style_.color);
    }
    return without_end(line) + "\n";
  }

  std::string gap_row(const Step& step) const {
    const std::string line = "  " + cell("", number_width_) + step.action;
    return paint(line, Ink::Dim, style_.color) + "\n";
  }

  const Finding& finding_;
  const Style& style_;
  std::vector<int> threads_;
  // One a thread, or, with more threads than fit side by side, "thread" and "does".
  std::vector<Column> columns_;
  bool is_list_ = false;
  std::string value_heading_;
  std::size_t number_width_{}, value_width_{}, place_width_{};
};

}  // namespace

std::string table(const Finding& finding, const Style& style) {
  if (finding.steps.empty()) return "";
  return Table(finding, style).text();
}

}  // namespace raddle::report
