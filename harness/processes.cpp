#include "harness/processes.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

namespace raddle::harness {

std::string Ending::text() const {
  if (WIFSIGNALED(status)) {
    const char* name = sigabbrev_np(WTERMSIG(status));
    return std::string("was killed by SIG") + (name != nullptr ? name : "?");
  }
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

Process::Process(const std::function<void()>& work) {
  // Both would print what is buffered now.
  std::fflush(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  int code = 0;
  try {
    work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "raddle: %s\n", error.what());
    code = 3;
  }
  std::fflush(nullptr);
  _exit(code);
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}

Process::~Process() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  wait();
}

Ending Process::wait() {
  Ending ending;
  while (waitpid(pid_, &ending.status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return ending;
}

void wait_for_all(std::vector<Process>& processes,
                  const std::function<void(std::size_t, const Ending&)>& on_end) {
  std::vector<pollfd> ends;
  std::vector<std::size_t> whose;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const int end = static_cast<int>(syscall(SYS_pidfd_open, processes[i].pid_, 0));
    if (end < 0) {
      // A kernel before Linux 5.3: in order, then.
      on_end(i, processes[i].wait());
      continue;
    }
    ends.push_back({end, POLLIN, 0});
    whose.push_back(i);
  }
  for (std::size_t left = ends.size(); left > 0;) {
    if (poll(ends.data(), ends.size(), -1) < 0) continue;  // EINTR
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      close(ends[i].fd);
      ends[i].fd = -1;
      --left;
      on_end(whose[i], processes[whose[i]].wait());
    }
  }
}

}  // namespace raddle::harness
