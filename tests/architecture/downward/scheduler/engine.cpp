#include "scheduler/events/event.hpp"
