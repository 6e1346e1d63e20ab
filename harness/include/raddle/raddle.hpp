// raddle: explore the interleavings of an ordinary C++ concurrency test.
//
//   raddle::Report report = raddle::explore([] {
//     int counter = 0;
//     std::thread a{[&] { ++counter; }}, b{[&] { ++counter; }};
//     a.join(); b.join();
//   });
//   // report.findings[0].kind == raddle::FindingKind::DataRace
//
// The code under test is compiled with -fsanitize=thread (linking
// `raddle::raddle` in CMake brings the flag along) and is otherwise unmodified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace raddle {

enum class FindingKind {
  DataRace,
  Deadlock,
  LostWakeup,
  MutexMisuse,
  UseAfterFree,
  DoubleFree,
  Assertion,   // a failed EXPECT_*, ASSERT_* or raddle::check
  Exception,   // left the body or a thread
  Crash,       // a signal, std::terminate, abort, stack overflow
  ExitStatus,  // the body called exit
  Nondeterminism,
  UncontrolledBlocking,
  StepLimit,
};

// "data-race", "deadlock", ...: the names used in JSON, options and reports.
std::string_view name(FindingKind kind);

// What a data race does to an exploration.
enum class OnRace {
  Report,   // it is the failure; exploration stops there
  Explore,  // it is reported, racing accesses become scheduling points, and exploration goes on
  Ignore,   // it is not looked for
};

struct Frame {
  std::string function;  // demangled; "??" if unknown
  std::string file;      // empty if unknown
  int line = 0;

  friend bool operator==(const Frame&, const Frame&) = default;
};

// A place of interest in a finding: who, doing what, called from where.
struct Site {
  std::string what;          // "write of 4 bytes", "waits for mutex `b`", "taken here", ...
  int thread = 0;            // as in Finding::threads
  std::vector<Frame> stack;  // innermost first
};

struct ThreadInfo {
  int id = 0;
  std::string name;            // "main", "T1" or what the program named it
  std::string function;        // what it runs: "worker"; empty if unknown, and for the body
  std::vector<Frame> created;  // where; empty for the body
};

// One row of the interleaving table.
struct Step {
  std::uint64_t number = 0;
  int thread = 0;
  std::string action;  // "read  counter -> 0", "lock m", ...
  std::string object;  // "counter"
  std::string value;   // the object's value afterwards, if known
  Frame where;
  bool is_key = false;        // one of the accesses or operations that make the finding
  std::uint64_t skipped = 0;  // > 0: stands for so many steps left out; `action` says which
};

struct ObjectInfo {
  std::string name;  // "Account::balance_", "counter", "heap block of 24 bytes + 8"
  std::string type;
  std::size_t size = 0;
};

// Something that is wrong with the program under test, and the schedule that shows it.
struct Finding {
  FindingKind kind{};
  std::string summary;            // one line
  std::string token;              // replays it: RADDLE_REPLAY=<token>
  std::string replay_command;     // the whole line to paste, if the caller knows it
  std::uint64_t execution = 0;    // in which it was first seen, counted from 1
  std::uint64_t preemptions = 0;  // of the minimised schedule
  ObjectInfo object;
  std::vector<ThreadInfo> threads;
  std::vector<Site> sites;
  std::vector<Step> steps;
  std::vector<std::string> notes;  // whole sentences

  // The whole finding as a person reads it.
  std::string text(bool color = false) const;
};

struct Decisions {
  std::uint64_t min = 0, max = 0;
  double mean = 0;
};

// A part of an exploration by strategy "portfolio".
struct Phase {
  std::string strategy;
  std::uint64_t executions = 0;
  double share = 0;  // see Report
  double elapsed_s = 0;
  std::string note;  // why it ended, or what was learned from it; empty: there is nothing to say
};

struct Report {
  std::string test;
  std::string strategy;
  std::uint64_t seed = 0;
  std::uint64_t executions = 0;
  // What ended the exploration: "complete", "executions", "time", "finding", "replay", "signal"
  // (see Options::checkpoint), and "steps" where `left_out` says more.
  std::string limit;
  // Every interleaving was explored. Only strategy "exhaustive" can say so, also as the last phase
  // of "portfolio".
  bool complete = false;
  std::string left_out;  // why an exploration that came to its end is not complete; else empty
  double share = 0;      // of everything, that was explored: of a search, and a rough estimate
  // How many executions strategy "exhaustive" would need, and the standard deviation of that: of
  // strategy "estimate" and of "portfolio". 0: not known.
  double estimate = 0, estimate_deviation = 0;
  // Executions begun and given up, for they turned out to be none but others again.
  std::uint64_t redundant = 0;
  double elapsed_s = 0;
  Decisions decisions;  // per execution
  std::vector<Finding> findings;
  std::vector<Phase> phases;  // of a portfolio, in order; else empty

  bool clean() const { return findings.empty(); }
  // What was explored, in a few words: "complete: every interleaving was explored".
  std::string coverage() const;
  std::string text(bool color = false) const;
};

std::ostream& operator<<(std::ostream& out, const Report& report);

// Where a call stands. As std::source_location, which Clang 14 does not have.
class SourceLocation {
 public:
  static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                          const char* function = __builtin_FUNCTION(),
                                          std::uint_least32_t line = __builtin_LINE()) {
    return {file, function, line};
  }
  constexpr const char* file_name() const { return file_; }
  constexpr const char* function_name() const { return function_; }
  constexpr std::uint_least32_t line() const { return line_; }

 private:
  constexpr SourceLocation(const char* file, const char* function, std::uint_least32_t line)
      : file_{file}, function_{function}, line_{line} {}

  const char* file_;
  const char* function_;
  std::uint_least32_t line_;
};

// Wrong use of raddle: an unknown option, a damaged token, nested explorations,
// code that was not instrumented. what() says what to do.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Every field can be set from outside as RADDLE_<NAME>; the environment wins.
struct Options {
  std::string test = {};  // names the exploration; default: where explore() is called
  // Or random[:P], pct[:D], mix, exhaustive[:STEPS], estimate.
  std::string strategy = "portfolio";  // RADDLE_STRATEGY
  std::uint64_t seed = 0;              // RADDLE_SEED; 0: a fresh one, printed before the run
  std::uint64_t executions = 10'000;   // RADDLE_EXECUTIONS
  double time_s = 0;                   // RADDLE_TIME ("500ms", "10s", "2m"); 0: no limit
  unsigned jobs = 0;  // RADDLE_JOBS; worker processes; 0: one per core; 1: in this process
  std::uint64_t steps_max = 1'000'000;  // RADDLE_STEPS; events in one execution
  double watchdog_s = 10;  // RADDLE_WATCHDOG; a call that blocks longer uncontrolled is named
  OnRace on_race = OnRace::Report;  // RADDLE_ON_RACE: report, explore, ignore
  bool all_accesses = false;        // RADDLE_ALL_ACCESSES; every plain access is a scheduling point
  // How often each thread may, in one execution, come back from a wait on a condition variable (or
  // from the system call futex) that nobody has ended.
  std::uint32_t spurious_wakeups = 0;  // RADDLE_SPURIOUS_WAKEUPS
  // How often each thread may, in one execution, fail in a compare_exchange_weak that finds what it
  // expects. Code that Clang compiles needs <raddle/weak_exchange.h> for that.
  std::uint32_t weak_failures = 0;       // RADDLE_WEAK_FAILURES
  bool minimise = true;                  // RADDLE_MINIMISE
  std::string replay = {};               // RADDLE_REPLAY; a token: run that schedule only
  std::size_t stack_bytes = 256 * 1024;  // RADDLE_STACK; of each thread under test
  std::string checkpoint = {};  // RADDLE_CHECKPOINT; a folder: an interrupted search goes on there
};

// Runs `body` again and again under the scheduler, a different interleaving
// each time, until a finding, the number of executions or the time ends it.
// The body runs in worker processes (unless jobs == 1), so what it changes
// outside itself is not seen by the caller. Not reentrant; call it from an
// ordinary thread, not from code under test.
// Throws UsageError.
Report explore(const std::function<void()>& body, const Options& options = {},
               SourceLocation where = SourceLocation::current());

// Inside a body: a number below n, different in different executions. n >= 1.
std::size_t choose(std::size_t n);

// Inside a body: a condition that must hold. A failure is an Assertion finding
// and ends the execution. For bodies that do not use a test framework.
void check(bool condition, std::string_view message = "check failed",
           SourceLocation where = SourceLocation::current());

}  // namespace raddle
