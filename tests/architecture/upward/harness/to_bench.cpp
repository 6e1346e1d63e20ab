#include "bench/anything.hpp"
