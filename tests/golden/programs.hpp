// Programs that break, one for each kind of finding. Their reports are what
// tests/golden/findings holds.
#pragma once

namespace program {

void overdraws();               // a data race on a member
void counts_in_locals();        // a race on a local variable that lambdas capture
void counts_a_thousand();       // a failed check after thousands of steps
void transfers_both_ways();     // a deadlock of two threads
void dines();                   // a deadlock of three
void notifies_too_early();      // a lost wakeup
void forgets_its_promise();     // waits for a future that nobody fulfils
void locks_twice();             // a mutex locked by its owner
void unlocks_for_another();     // a mutex unlocked by a thread that does not hold it
void destroys_a_held_mutex();   // a mutex whose life ends while it is locked
void outlives_its_object();     // use after free
void deletes_twice();           // double free
void expects_too_much();        // a failed EXPECT_EQ
void throws_in_a_thread();      // an exception that nobody catches
void follows_a_null_pointer();  // a crash
void recurses_for_ever();       // a stack overflow
void spins_for_ever();          // the step limit
void reads_an_empty_pipe();     // a system call that blocks
void remembers_its_last_run();  // state that one execution leaves to the next

}  // namespace program
