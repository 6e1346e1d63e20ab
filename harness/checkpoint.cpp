#include "harness/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace raddle::harness {
namespace {

constexpr std::string_view kMagic = "raddle checkpoint\n";
constexpr std::uint32_t kVersion = 1;

std::uint64_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

std::string file_name(const std::string& test) {
  std::string name;
  for (const char c : test) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
    name += is_plain ? c : '_';
  }
  // Two names may look alike now.
  const std::uint64_t hash =
      checksum({reinterpret_cast<const std::uint8_t*>(test.data()), test.size()});
  return fmt::format("{}-{:08x}.checkpoint", name.substr(0, 100), hash & 0xffffffff);
}

[[noreturn]] void fail(const std::string& path, std::string_view what) {
  throw UsageError(fmt::format("RADDLE_CHECKPOINT: {} {}", path, what));
}

[[noreturn]] void fail_with_errno(const std::string& path, std::string_view what) {
  fail(path, fmt::format("{}: {}", what, std::strerror(errno)));
}

void write_file(const std::string& path, std::span<const std::uint8_t> bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) fail_with_errno(path, "cannot be written");
  bool is_fine = true;
  for (std::size_t at = 0; is_fine && at < bytes.size();) {
    const ssize_t written = write(file, bytes.data() + at, bytes.size() - at);
    if (written > 0) at += static_cast<std::size_t>(written);
    is_fine = written > 0 || errno == EINTR;
  }
  is_fine = is_fine && fsync(file) == 0;
  const int error = errno;
  close(file);
  errno = error;
  if (!is_fine) fail_with_errno(path, "cannot be written");
}

constexpr std::array kSignals{SIGINT, SIGTERM};
volatile std::sig_atomic_t interrupted_by = 0;

void on_interruption(int signal) {
  interrupted_by = signal;
  // The next one ends the process at once.
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
}

}  // namespace

Checkpoint::Checkpoint(const Options& options)
    : options_(options), path_(options.checkpoint + "/" + file_name(options.test)) {
  if (mkdir(options.checkpoint.c_str(), 0777) != 0 && errno != EEXIST) {
    fail_with_errno(options.checkpoint, "cannot be made a folder");
  }
  struct stat status {};
  if (stat(options.checkpoint.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    fail(options.checkpoint, "is not a folder: each test has a file of its own in it");
  }
  const std::string trial = path_ + ".new";
  write_file(trial, {});
  unlink(trial.c_str());
}

// What must be the same for a search to go on.
scheduler::Bytes Checkpoint::identity() const {
  scheduler::Bytes bytes;
  Writer out(bytes);
  out.put_text(options_.test);
  out.put_text(options_.strategy);
  out.put(options_.on_race);
  out.put(options_.all_accesses);
  out.put(options_.spurious_wakeups);
  out.put(options_.weak_failures);
  out.put(options_.steps_max);
  out.put(std::uint64_t{options_.stack_bytes});
  return bytes;
}

void Checkpoint::load(SearchKeeper& keeper) {
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    if (errno != ENOENT) fail_with_errno(path_, "cannot be read");
    return;
  }
  const scheduler::Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  constexpr std::string_view kRemove = ". Remove it to begin anew";
  const auto damaged = [&] { fail(path_, fmt::format("is damaged{}", kRemove)); };
  const std::size_t magic = std::min(kMagic.size(), bytes.size());
  if (!std::equal(kMagic.begin(), kMagic.begin() + static_cast<std::ptrdiff_t>(magic),
                  bytes.begin())) {
    fail(path_, fmt::format("was not written by raddle{}", kRemove));
  }
  try {
    const std::span<const std::uint8_t> all{bytes};
    Reader head(all.subspan(magic));
    const auto version = head.get<std::uint32_t>();
    if (version != kVersion) {
      fail(path_, fmt::format("has version {} of the form, and this raddle knows version {}{}",
                              version, kVersion, kRemove));
    }
    const auto sum = head.get<std::uint64_t>();
    Reader in(all.last(head.left()));
    if (sum != checksum(all.last(head.left()))) damaged();
    const auto theirs = in.get_bytes();
    const scheduler::Bytes ours = identity();
    if (!std::equal(theirs.begin(), theirs.end(), ours.begin(), ours.end())) {
      Reader other(theirs);
      const std::string test = other.get_text(), strategy = other.get_text();
      if (test != options_.test) {
        fail(path_, fmt::format("is of the test {}, not of {}{}", test, options_.test, kRemove));
      }
      fail(path_,
           fmt::format("was written by strategy {}, and this is {}; or one of RADDLE_ON_RACE, "
                       "RADDLE_ALL_ACCESSES, RADDLE_STEPS and RADDLE_STACK was another. Run with "
                       "what they were, or remove it to begin anew",
                       strategy, options_.strategy));
    }
    modules_.get_used(in, path_);
    const scheduler::AddressMap map = [this](std::uint64_t name) {
      return modules_.address_of(name);
    };
    Reader search(in.get_bytes(), &map);
    keeper.load(search);
  } catch (const std::out_of_range&) {
    damaged();
  }
}

void Checkpoint::save(const SearchKeeper& keeper) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  scheduler::Bytes search, body, whole;
  const scheduler::AddressMap map = [this](std::uint64_t address) {
    return modules_.name_of(address);
  };
  Writer tree(search, &map);
  keeper.save(tree);
  Writer out(body);
  out.put_bytes(identity());
  modules_.put_used(out);
  out.put_bytes(search);
  Writer to(whole);
  to.put_raw(kMagic.data(), kMagic.size());
  to.put(kVersion);
  to.put(checksum(body));
  whole.insert(whole.end(), body.begin(), body.end());
  const std::string fresh = path_ + ".new";
  write_file(fresh, whole);
  if (rename(fresh.c_str(), path_.c_str()) != 0) fail_with_errno(path_, "cannot be written");
  // More often at first; later each second; a large one so that it takes a tenth of the time.
  pause_s_ = std::max(std::min(1.0, 2 * pause_s_),
                      10 * std::chrono::duration<double>(Clock::now() - start).count());
}

void Checkpoint::remove() { unlink(path_.c_str()); }

Interruption::Interruption() {
  interrupted_by = 0;
  struct sigaction action {};
  action.sa_handler = on_interruption;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &old_[i]);
}

Interruption::~Interruption() {
  if (is_forgotten_) return;
  forget();
  if (interrupted_by != 0) raise(interrupted_by);
}

bool Interruption::has_come() { return interrupted_by != 0; }

void Interruption::forget() {
  is_forgotten_ = true;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &old_[i], nullptr);
}

}  // namespace raddle::harness
