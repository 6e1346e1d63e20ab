// Terminal colours and the width of text on a screen.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace raddle::report {

enum class Ink { Plain, Bold, Dim, Red, Green, Yellow, Cyan };

// `text` in that colour, or as it is if `color` is off or there is nothing to paint.
std::string paint(std::string_view text, Ink ink, bool color);

// How many columns UTF-8 text takes.
std::size_t width_of(std::string_view text);

// `text` cut to at most `width` columns; what was cut ends in "…".
std::string clipped(std::string_view text, std::size_t width);

// `text` clipped and filled with spaces to exactly `width` columns.
std::string padded(std::string_view text, std::size_t width);

// `text` with line breaks between words, so that no line takes more than `width`
// columns where that can be had. Following lines are indented by two.
std::string wrapped(std::string_view text, std::size_t width);

// A path as short as it is still found by: relative if below the working directory.
std::string display_path(const std::string& path);

// The last component of a path.
std::string file_name(const std::string& path);

}  // namespace raddle::report
