// A program that links raddle and forgot to instrument its code: it must be told so.
#include <raddle/raddle.hpp>

#include <cstring>
#include <iostream>
#include <thread>

int main() {
  try {
    raddle::explore([] {
      int counter = 0;
      std::thread a{[&] { ++counter; }};
      std::thread b{[&] { ++counter; }};
      a.join();
      b.join();
    });
  } catch (const raddle::UsageError& error) {
    std::cout << error.what() << '\n';
    return std::strstr(error.what(), "-fsanitize=thread") != nullptr ? 0 : 1;
  }
  std::cout << "the exploration saw nothing, and did not say so\n";
  return 1;
}
