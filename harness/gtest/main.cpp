#include <raddle/gtest.hpp>

#include <gmock/gmock.h>

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  raddle::gtest::install();
  return RUN_ALL_TESTS();
}
