#include <raddle/raddle.hpp>

#include <vector>
