#include "tests/support/anything.hpp"
