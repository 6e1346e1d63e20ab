#include "harness/report/short_name.hpp"

#include <array>
#include <cctype>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <vector>

namespace raddle::report {
namespace {

void erase_all(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.erase(at, what.size());
  }
}

bool is_identifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Reads a demangled name from left to right. What stands in brackets is
// skipped; a space outside of them ends a return type, so that all before it
// is forgotten.
class Shortener {
 public:
  explicit Shortener(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    finish_part();
    return joined();
  }

 private:
  void step() {
    const char c = text_[at_];
    if (part_.empty() && starts("operator") && !is_identifier_at(at_ + 8)) return take_operator();
    if (starts("::")) {
      finish_part();
      at_ += 2;
    } else if (c == '<' || c == '(' || c == '[') {
      skip_brackets();
    } else if (c == '{' || c == '\'') {
      take_unnamed(c == '{' ? '}' : '\'');
    } else if (c == '$') {  // Clang's "$_0"
      part_ = "lambda";
      ++at_;
      while (at_ < text_.size() && is_identifier(text_[at_])) ++at_;
    } else if (c == ' ') {
      take_space();
    } else {
      part_ += c;
      ++at_;
    }
  }

  void take_operator() {
    part_ = "operator";
    at_ += 8;
    if (starts("()")) {
      part_ += "()";
      at_ += 2;
      return;
    }
    // A conversion ("operator bool") or a symbol: all up to the parameters.
    while (at_ < text_.size() && text_[at_] != '(') {
      if (text_[at_] == ' ' && at_ + 1 < text_.size() && text_[at_ + 1] == '<') break;
      part_ += text_[at_++];
    }
  }

  void take_unnamed(char closing) {
    const std::size_t from = ++at_;
    int depth = 1;
    while (at_ < text_.size() && depth > 0) {
      const char c = text_[at_++];
      if (c == closing) {
        --depth;
      } else if (c == '{') {
        ++depth;
      }
    }
    part_ = text_.substr(from, 6) == "lambda" ? "lambda" : "unnamed";
  }

  void take_space() {
    ++at_;
    static constexpr std::array<std::string_view, 4> kQualifiers{"const", "volatile", "&",
                                                                 "noexcept"};
    for (std::string_view word : kQualifiers) {
      if (starts(word) && !is_identifier_at(at_ + word.size())) {
        at_ += word.size();
        while (at_ < text_.size() && text_[at_] == '&') ++at_;
        return;
      }
    }
    if (starts("[")) {  // "[clone .cold]"
      at_ = text_.size();
    } else if (!starts("<")) {
      parts_.clear();
      part_.clear();
    }
  }

  void skip_brackets() {
    int depth = 0;
    do {
      const char c = text_[at_++];
      if (c == '<' || c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      if (c == '>' && text_[at_ - 2] != '-') --depth;
    } while (at_ < text_.size() && depth > 0);
  }

  void finish_part() {
    const bool is_call_of_lambda =
        part_ == "operator()" && !parts_.empty() && parts_.back() == "lambda";
    if (!part_.empty() && !is_call_of_lambda) parts_.push_back(part_);
    part_.clear();
  }

  std::string joined() const {
    std::string name;
    for (const std::string& part : parts_) name += (name.empty() ? "" : "::") + part;
    return name;
  }

  bool starts(std::string_view word) const { return text_.substr(at_, word.size()) == word; }
  bool is_identifier_at(std::size_t at) const {
    return at < text_.size() && is_identifier(text_[at]);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string part_;
  std::vector<std::string> parts_;
};

}  // namespace

std::string demangle(const char* linkage_name) {
  if (linkage_name == nullptr) return {};
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> plain(
      abi::__cxa_demangle(linkage_name, nullptr, nullptr, &status), std::free);
  return status == 0 && plain ? plain.get() : linkage_name;
}

std::string shorten(std::string_view demangled) {
  std::string text(demangled);
  for (std::string_view noise : {"(anonymous namespace)::", "__cxx11::", "[abi:cxx11]", ".cold"}) {
    erase_all(text, noise);
  }
  std::string name = Shortener(text).run();
  return name.empty() ? std::string(demangled) : name;
}

std::string_view last_part(std::string_view name) {
  const std::size_t colon = name.rfind("::");
  const std::size_t dot = name.rfind('.');
  std::size_t from = 0;
  if (colon != std::string_view::npos) from = colon + 2;
  if (dot != std::string_view::npos && dot + 1 > from) from = dot + 1;
  return name.substr(from);
}

}  // namespace raddle::report
