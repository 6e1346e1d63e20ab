# What comes from outside: Debian 12's packages, installed by ci/install.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS context fiber)
find_package(fmt REQUIRED)
find_package(GTest REQUIRED)

# elfutils: names for addresses. It has no CMake package of its own.
find_library(RADDLE_LIBDW dw REQUIRED)
find_path(RADDLE_LIBDW_INCLUDE elfutils/libdwfl.h REQUIRED)
mark_as_advanced(RADDLE_LIBDW RADDLE_LIBDW_INCLUDE)

if(RADDLE_TOOLS)
  find_package(CLI11 REQUIRED)
endif()
if(RADDLE_BENCH)
  find_package(benchmark REQUIRED)
  find_path(RADDLE_RELACY_INCLUDE relacy/relacy.hpp REQUIRED)
  mark_as_advanced(RADDLE_RELACY_INCLUDE)
endif()
