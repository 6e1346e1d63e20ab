#pragma once

#include <cstdint>

namespace raddle::scheduler {

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): one multiplication chain a number,
// any seed is good. Strategies promise the same sequence for ever, so
// the generator is ours and not an implementation's.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  // Below `bound`, which is below 2^32 and not 0. Lemire's multiplication; the bias is under 2^-32.
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(((next() >> 32) * bound) >> 32);
  }
  // True in `numerator` of 2^32 cases.
  bool chance(std::uint64_t numerator) { return (next() >> 32) < numerator; }

 private:
  std::uint64_t state_;
};

// Whether something happens that may happen for no reason. With the same probability everywhere it
// would all be over before a long execution gets anywhere, or hardly ever begin in a short
// one: so each execution draws its own, from 1/2 to 1/32, when it is first asked.
class Chance {
 public:
  bool happens(Generator& generator) {
    if (numerator_ == 0) numerator_ = std::uint64_t{1} << (31 - generator.below(5));
    return generator.chance(numerator_);
  }

 private:
  std::uint64_t numerator_ = 0;  // of 2^32; 0: not drawn yet
};

// Different executions of one seed, and different seeds, must not share a sequence.
inline std::uint64_t mix(std::uint64_t seed, std::uint64_t number) {
  return Generator{seed ^ (number * 0xD6E8FEB86659FD93ull + 0x632BE59BD9B4E019ull)}.next();
}

}  // namespace raddle::scheduler
