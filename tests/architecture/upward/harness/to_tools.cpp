#include "tools/close_names.hpp"
