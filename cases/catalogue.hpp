// All cases. A new one is one line of this list and one file.
#pragma once

#include "cases/case.hpp"

#include <string_view>
#include <vector>

namespace raddle::cases {

#define RADDLE_CASES(CASE)       \
  CASE(lost_update)              \
  CASE(lost_update_many_threads) \
  CASE(lost_update_long)         \
  CASE(publication)              \
  CASE(double_checked)           \
  CASE(read_lock_write)          \
  CASE(withdraw_50_30)           \
  CASE(withdraw_80_80)           \
  CASE(transfer)                 \
  CASE(philosophers)             \
  CASE(join_under_lock)          \
  CASE(pool_waits_behind)        \
  CASE(unfulfilled_future)       \
  CASE(fiber_lost_update)        \
  CASE(fiber_transfer)           \
  CASE(flag_without_mutex)       \
  CASE(notify_before_wait)       \
  CASE(if_instead_of_while)      \
  CASE(bounded_queue)            \
  CASE(outlives_object)          \
  CASE(last_owner)               \
  CASE(relock)                   \
  CASE(unlock_by_another)

#define RADDLE_DECLARE_CASE(name) Case name();
RADDLE_CASES(RADDLE_DECLARE_CASE)
#undef RADDLE_DECLARE_CASE

// In the order of the list.
const std::vector<Case>& catalogue();

// Null if there is none of that name.
const Case* find_case(std::string_view name);

}  // namespace raddle::cases
