#include "cases/races/lost_update.hpp"

#include "cases/catalogue.hpp"

namespace raddle::cases {

Case lost_update() {
  return lost_update_case<2, 1>("lost_update", "two threads increment a counter once each");
}

Case lost_update_many_threads() {
  return lost_update_case<8, 1>("lost_update_many_threads",
                                "eight threads increment a counter once each");
}

Case lost_update_long() {
  return lost_update_case<2, 1000>("lost_update_long",
                                   "two threads increment a counter 1,000 times each");
}

}  // namespace raddle::cases
