// Settings that are loaded when first asked for, by whichever thread comes first.
#include "cases/catalogue.hpp"
#include <raddle/raddle.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

namespace raddle::cases {
namespace {

struct Settings {
  int limit = 10;
};

class PlainPointer {
 public:
  ~PlainPointer() { delete settings_; }
  const Settings& get() {
    if (settings_ == nullptr) {
      const std::lock_guard lock{mutex_};
      if (settings_ == nullptr) settings_ = new Settings;
    }
    return *settings_;
  }

 private:
  std::mutex mutex_;
  Settings* settings_ = nullptr;
};

template <std::memory_order kStore, std::memory_order kLoad>
class AtomicPointer {
 public:
  ~AtomicPointer() { delete settings_.load(); }
  const Settings& get() {
    Settings* settings = settings_.load(kLoad);
    if (settings == nullptr) {
      const std::lock_guard lock{mutex_};
      settings = settings_.load(std::memory_order_relaxed);
      if (settings == nullptr) {
        settings = new Settings;
        settings_.store(settings, kStore);
      }
    }
    return *settings;
  }

 private:
  std::mutex mutex_;
  std::atomic<Settings*> settings_{nullptr};
};

class CallOnce {
 public:
  const Settings& get() {
    std::call_once(loaded_, [this] { settings_ = std::make_unique<Settings>(); });
    return *settings_;
  }

 private:
  std::once_flag loaded_;
  std::unique_ptr<Settings> settings_;
};

// Made anew in every execution, as in a new process. A constant would need no guard.
class MagicStatic {
 public:
  const Settings& get() {
    static const Settings settings = load();
    return settings;
  }

 private:
  static Settings load() { return {}; }
};

template <class Lazy>
void ask_twice() {
  Lazy lazy;
  int first = 0, second = 0;
  std::thread a{[&] { first = lazy.get().limit; }};
  std::thread b{[&] { second = lazy.get().limit; }};
  a.join();
  b.join();
  check(first == 10 && second == 10, "settings were seen half made");
}

}  // namespace

Case double_checked() {
  using Relaxed = AtomicPointer<std::memory_order_relaxed, std::memory_order_relaxed>;
  using Paired = AtomicPointer<std::memory_order_release, std::memory_order_acquire>;
  return {"double_checked",
          "double-checked initialisation without order",
          {buggy("plain_pointer", ask_twice<PlainPointer>, FindingKind::DataRace),
           buggy("relaxed_pointer", ask_twice<Relaxed>, FindingKind::DataRace),
           fixed("acquire_release", ask_twice<Paired>), fixed("call_once", ask_twice<CallOnce>),
           fixed("magic_static", ask_twice<MagicStatic>)}};
}

}  // namespace raddle::cases
