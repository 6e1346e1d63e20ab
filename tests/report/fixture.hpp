// A program under test, compiled with -fsanitize=thread. Not in a namespace of
// raddle: frames of the runtime are left out of stacks.
#pragma once

namespace program {

// Each does one thing that a test looks at; call them within record().
void write_global();
void write_static_member();
void write_static_local();
void write_in_table();
void write_in_anonymous_namespace();
void write_in_two_namespaces();
void write_local_by_reference();     // from thread 1
void write_parameter();              // from thread 1, through a pointer
void withdraw_from_local_account();  // by a member function, from thread 1
void withdraw_from_two_accounts();
void withdraw_from_new_account();
void withdraw_from_shared_account();
void write_in_vector();
void write_in_raw_block();
void write_in_standard_array();
void lock_global_mutex();
void lock_member_mutexes();
void lock_c_mutex();
void write_inlined();
void write_color();
void write_nested();
void write_base_member();
void race_on_local_account();  // threads 1 and 2, as in the README

}  // namespace program
