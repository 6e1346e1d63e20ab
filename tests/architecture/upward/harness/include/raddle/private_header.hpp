#include "harness/options.hpp"
