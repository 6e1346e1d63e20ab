#include "harness/output.hpp"

#include <cstdio>
#include <fcntl.h>
#include <stdio_ext.h>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace raddle::harness {
namespace {

// Another thread of the process may be printing at the moment, but not for so long.
bool lock(FILE* stream) {
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i) {
    if (ftrylockfile(stream) == 0) return true;
    const timespec moment{0, 1'000'000};
    nanosleep(&moment, nullptr);
  }
  return false;
}

void flush(FILE* stream) {
  const bool is_locked = lock(stream);
  if (!is_locked) __fsetlocking(stream, FSETLOCKING_BYCALLER);
  fflush_unlocked(stream);
  if (is_locked) funlockfile(stream);
}

}  // namespace

void flush_output() {
  flush(stdout);
  flush(stderr);
}

Silence::Silence() {
  flush_output();
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return;
  for (int i = 0; i < 2; ++i) {
    saved_[i] = fcntl(STDOUT_FILENO + i, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (saved_[i] >= 0) dup2(nowhere, STDOUT_FILENO + i);
  }
  close(nowhere);
}

Silence::~Silence() {
  flush_output();
  for (int i = 0; i < 2; ++i) {
    if (saved_[i] < 0) continue;
    dup2(saved_[i], STDOUT_FILENO + i);
    close(saved_[i]);
  }
}

}  // namespace raddle::harness
