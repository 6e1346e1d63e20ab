#include "tests/harness/program.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace raddle::tests {
namespace {

constexpr std::string_view kBegin = "<result>\n", kEnd = "</result>\n";

std::string own_path() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length < 0) throw std::runtime_error("readlink /proc/self/exe");
  return {path.data(), static_cast<std::size_t>(length)};
}

std::string between_marks(std::string_view output) {
  const std::size_t begin = output.find(kBegin), end = output.find(kEnd);
  if (begin == output.npos || end == output.npos) return "";
  return std::string{output.substr(begin + kBegin.size(), end - begin - kBegin.size())};
}

}  // namespace

Ending Program::run(const std::map<std::string, std::string>& variables,
                    bool is_layout_fixed) const {
  std::string command = "env";
  for (const auto& [name, value] : variables) command += " " + name + "='" + value + "'";
  command += is_layout_fixed ? " setarch -R " : " ";
  command += "'" + own_path() + "' " + arguments_ + " 2>&1";
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen " + command);
  Ending ending;
  std::array<char, 4096> part{};
  while (const std::size_t length = fread(part.data(), 1, part.size(), pipe)) {
    ending.output.append(part.data(), length);
  }
  const int status = pclose(pipe);
  ending.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ending.result = between_marks(ending.output);
  return ending;
}

void print_result(const std::string& text) {
  std::printf("%.*s%s%.*s", static_cast<int>(kBegin.size()), kBegin.data(), text.c_str(),
              static_cast<int>(kEnd.size()), kEnd.data());
  std::fflush(stdout);
}

}  // namespace raddle::tests
