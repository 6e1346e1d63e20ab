#pragma once

namespace raddle::harness {

// Writes out what the standard streams hold. A thread under test that ended in the middle
// of a printf holds that stream's lock for ever; then the stream goes on without locks.
void flush_output();

// While it lives, nothing that the process prints is seen: the same execution is run
// again, and has printed before.
class Silence {
 public:
  Silence();
  ~Silence();
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  int saved_[2] = {-1, -1};  // standard output, standard error
};

}  // namespace raddle::harness
