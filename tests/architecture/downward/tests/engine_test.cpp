#include "scheduler/engine.hpp"

#include "detectors/deadlock.hpp"
