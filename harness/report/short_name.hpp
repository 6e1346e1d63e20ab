// Function names as a tired person wants to read them.
#pragma once

#include <string>
#include <string_view>

namespace raddle::report {

// The C++ name of a linkage name ("_ZN7Account8withdrawEi"), in full; the
// argument itself if it is none.
std::string demangle(const char* linkage_name);

// Drops what does not help: parameter lists, template arguments, return types,
// anonymous and inline namespaces. A lambda is called after where it stands:
// "main::{lambda()#1}::operator()() const" becomes "main::lambda".
std::string shorten(std::string_view demangled);

// The last part of a qualified name or of a member path: "Account::balance_"
// and "account.balance_" give "balance_"; "table[3].count" gives "count".
std::string_view last_part(std::string_view name);

}  // namespace raddle::report
