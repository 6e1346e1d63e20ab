// <raddle/channel.hpp> in an ordinary program.
#include <raddle/channel.hpp>

#include <thread>

int main() {
  raddle::channel<int> numbers{2};
  std::thread sender{[&] {
    for (int number = 1; number <= 10; ++number) numbers.send(number);
    numbers.close();
  }};
  int sum = 0;
  while (const auto number = numbers.receive()) sum += *number;
  sender.join();
  return sum == 55 ? 0 : 1;
}
