#include "harness/report/paint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace raddle::report {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string paint(std::string_view text, Ink ink, bool color) {
  if (!color || ink == Ink::Plain || text.empty()) return std::string(text);
  static constexpr std::array<int, 7> kCodes{0, 1, 2, 31, 32, 33, 36};
  return fmt::format("\033[{}m{}\033[0m", kCodes[static_cast<std::size_t>(ink)], text);
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (char c : text) width += continues_character(c) ? 0 : 1;
  return width;
}

std::string clipped(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t taken = 0, at = 0;
  while (at < text.size() && taken + 1 < width) {
    ++at;
    while (at < text.size() && continues_character(text[at])) ++at;
    ++taken;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out = clipped(text, width);
  const std::size_t is = width_of(out);
  return out.append(width > is ? width - is : 0, ' ');
}

std::string wrapped(std::string_view text, std::size_t width) {
  if (const std::size_t end = text.find('\n'); end != std::string_view::npos) {
    return wrapped(text.substr(0, end), width) + "\n" + wrapped(text.substr(end + 1), width);
  }
  const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
  std::string out(indent, ' ');
  text.remove_prefix(indent);
  std::size_t column = indent;
  bool is_first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!is_first && column + 1 + width_of(word) > width) {
      out += "\n" + std::string(indent + 2, ' ');
      column = indent + 2;
    } else if (!is_first) {
      out += ' ';
      ++column;
    }
    is_first = false;
    out += word;
    column += width_of(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string display_path(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error || path.empty()) return path;
  const std::string relative = fs::path(path).lexically_proximate(here).string();
  return relative.starts_with("..") || relative.size() >= path.size() ? path : relative;
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace raddle::report
