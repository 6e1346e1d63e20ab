#include "detectors/problem.hpp"
