# How our own code is compiled. Nothing here reaches a user's program.

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
  endif()
  find_program(RADDLE_CCACHE ccache)
  if(RADDLE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${RADDLE_CCACHE})
  endif()
endif()

# An archive of ours ends up in position-independent executables.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# Linked PRIVATE by every target of ours.
add_library(raddle_build INTERFACE)
target_compile_features(raddle_build INTERFACE cxx_std_20)
target_compile_options(raddle_build INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(PROJECT_IS_TOP_LEVEL)
  # Not where raddle is part of another build: its compiler may know warnings that ours do not.
  target_compile_options(raddle_build INTERFACE -Werror)
endif()
target_include_directories(raddle_build INTERFACE ${PROJECT_SOURCE_DIR}
                                                  ${PROJECT_SOURCE_DIR}/harness/include)

# Linked PRIVATE by what ends up in the runtime, libraddle.a. Its copies of
# memory are its own: memcpy and its like are intercepted.
add_library(raddle_runtime_build INTERFACE)
target_link_libraries(raddle_runtime_build INTERFACE raddle_build)
# The guards of its statics would be, too: it does without. And it is optimised in
# every build: a test that explores slowly is of no use to anyone. x86-64-v2 (2009) has
# popcnt, which thread sets are counted with at every scheduling point.
target_compile_options(
  raddle_runtime_build
  INTERFACE "SHELL:-include ${PROJECT_SOURCE_DIR}/harness/interpose/own_memory.h"
            -fno-threadsafe-statics -O2 -fomit-frame-pointer -march=x86-64-v2)
