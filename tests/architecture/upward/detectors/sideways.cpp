#include "scheduler/engine.hpp"
