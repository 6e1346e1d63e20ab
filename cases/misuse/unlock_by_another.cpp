// A seat that one thread takes and another one frees.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <mutex>
#include <semaphore>
#include <thread>

namespace raddle::cases {
namespace {

class MutexSeat {
 public:
  void take() { mutex_.lock(); }
  void free() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// A semaphore, unlike a mutex, has no owner.
class SemaphoreSeat {
 public:
  void take() { free_.acquire(); }
  void free() { free_.release(); }

 private:
  std::binary_semaphore free_{1};
};

template <class Seat>
void take_and_free() {
  Seat seat;
  seat.take();
  std::thread usher{[&] { seat.free(); }};
  seat.take();
  usher.join();
  seat.free();
}

}  // namespace

Case unlock_by_another() {
  return {"unlock_by_another",
          "a mutex is unlocked by a thread that does not hold it",
          {buggy("mutex", take_and_free<MutexSeat>, FindingKind::MutexMisuse),
           fixed("semaphore", take_and_free<SemaphoreSeat>)}};
}

}  // namespace raddle::cases
