// This test program, run by itself: what cannot be seen from inside a process.
#pragma once

#include <map>
#include <string>

namespace raddle::tests {

struct Ending {
  int exit_code = 0;   // 128 + number, if a signal ended it
  std::string output;  // both streams
  std::string result;  // what print_result() was given in it
};

class Program {
 public:
  // `arguments`: as a shell would read them.
  explicit Program(std::string arguments) : arguments_{std::move(arguments)} {}

  // `variables` are added to the environment. With `is_layout_fixed` addresses are not randomised.
  Ending run(const std::map<std::string, std::string>& variables,
             bool is_layout_fixed = false) const;

 private:
  std::string arguments_;
};

// For the one that is run: hands a text to the one that runs it.
void print_result(const std::string& text);

}  // namespace raddle::tests
