// A cache whose readers count their hits under the read lock.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>

namespace raddle::cases {
namespace {

template <class Hits, class Lock>
class Cache {
 public:
  int find() {
    const Lock lock{mutex_};
    ++hits_;
    return entry_;
  }
  void replace(int entry) {
    const std::unique_lock lock{mutex_};
    entry_ = entry;
  }
  int hits() const { return hits_; }

 private:
  std::shared_mutex mutex_;
  int entry_ = 1;
  Hits hits_{0};
};

template <class Hits, class Lock>
void look_up() {
  Cache<Hits, Lock> cache;
  std::thread a{[&] { cache.find(); }};
  std::thread b{[&] { cache.find(); }};
  cache.replace(2);
  a.join();
  b.join();
  check(cache.hits() == 2, "a hit was not counted");
}

}  // namespace

Case read_lock_write() {
  using ReadLock = std::shared_lock<std::shared_mutex>;
  using WriteLock = std::unique_lock<std::shared_mutex>;
  return {"read_lock_write",
          "a shared lock is held for writing",
          {buggy("plain_hits", look_up<int, ReadLock>, FindingKind::DataRace),
           buggy("plain_hits_consequence", look_up<int, ReadLock>, FindingKind::Assertion,
                 OnRace::Explore),
           fixed("atomic_hits", look_up<std::atomic<int>, ReadLock>),
           fixed("write_lock", look_up<int, WriteLock>)}};
}

}  // namespace raddle::cases
