// A table that a tired person reads to its end.
#pragma once

#include "harness/report/rows.hpp"

namespace raddle::report {

// Threads created or joined in a row share one; what repeats itself (a spin
// loop) is shown once; and if that is still more than `rows_max`, only the keys,
// the places where one thread goes on after another, and what surrounds them stay.
// Rows say how much was left out where.
std::vector<Row> shorter(const scheduler::Trace& trace, std::vector<Row> rows,
                         std::size_t rows_max);

}  // namespace raddle::report
