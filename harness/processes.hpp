// Work in forked processes: what it does to its memory is nobody else's, and its end,
// whatever it is, is only its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace raddle::harness {

// How a process ended.
struct Ending {
  int status = 0;  // as waitpid gives it

  bool is_good() const { return status == 0; }
  // "was killed by SIGKILL", "ended with exit code 3".
  std::string text() const;
};

// A forked process that does `work` and ends. It does not outlive the one that made it.
class Process {
 public:
  // Throws std::system_error if there can be no more processes.
  explicit Process(const std::function<void()>& work);
  // Kills it, if it has not been waited for.
  ~Process();
  Process(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Ending wait();
  // Without waiting: nothing, if it has not ended.
  std::optional<Ending> ending();

 private:
  friend void wait_for_all(std::vector<Process>&,
                           const std::function<void(std::size_t, const Ending&)>&);
  pid_t pid_ = 0;  // 0: waited for
};

// Calls `on_end` with each one's index as it ends, until all have.
void wait_for_all(std::vector<Process>& processes,
                  const std::function<void(std::size_t, const Ending&)>& on_end);

}  // namespace raddle::harness
