#include "harness/runtime.hpp"
