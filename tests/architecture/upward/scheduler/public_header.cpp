#include <raddle/raddle.hpp>
