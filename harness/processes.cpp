#include "harness/processes.hpp"

#include "harness/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
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
  flush_output();
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
  flush_output();
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

std::optional<Ending> Process::ending() {
  Ending ending;
  if (waitpid(pid_, &ending.status, WNOHANG) <= 0) return std::nullopt;
  pid_ = 0;
  return ending;
}

void wait_for_all(std::vector<Process>& processes,
                  const std::function<void(std::size_t, const Ending&)>& on_end) {
  // A kernel before Linux 5.3, or a sandbox, may have no such descriptors. poll() skips
  // the -1, and then we look ourselves now and then.
  constexpr int kLookAgain_ms = 5;
  std::vector<pollfd> ends;
  int timeout_ms = -1;
  for (const Process& process : processes) {
    ends.push_back({static_cast<int>(syscall(SYS_pidfd_open, process.pid_, 0)), POLLIN, 0});
    if (ends.back().fd < 0) timeout_ms = kLookAgain_ms;
  }
  for (std::size_t left = processes.size(); left > 0;) {
    poll(ends.data(), ends.size(), timeout_ms);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (processes[i].pid_ == 0) continue;
      Ending ending;
      if (waitpid(processes[i].pid_, &ending.status, WNOHANG) <= 0) continue;
      processes[i].pid_ = 0;
      if (ends[i].fd >= 0) close(std::exchange(ends[i].fd, -1));
      --left;
      on_end(i, ending);
    }
  }
}

}  // namespace raddle::harness
