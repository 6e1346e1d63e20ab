// What a case is. Every file under cases/ defines one function that returns a
// Case; catalogue.cpp lists them.
#pragma once

#include <raddle/raddle.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace raddle::cases {

// One way of writing the program: a buggy one, or a fix.
struct Version {
  std::string name;                     // unique within its case: "unprotected", "mutex"
  std::function<void()> body;           // self-contained: leaves nothing behind
  std::optional<FindingKind> expected;  // what must be found; empty: nothing may be
  OnRace on_race = OnRace::Report;      // Explore: the consequence is what is expected
};

// A small concurrent program with known verdicts.
struct Case {
  std::string name;   // unique in the catalogue, snake_case
  std::string title;  // one line: what goes wrong
  std::vector<Version> versions;
};

inline Version buggy(std::string name, std::function<void()> body, FindingKind expected,
                     OnRace on_race = OnRace::Report) {
  return {std::move(name), std::move(body), expected, on_race};
}

inline Version fixed(std::string name, std::function<void()> body) {
  return {std::move(name), std::move(body), std::nullopt, OnRace::Report};
}

}  // namespace raddle::cases
