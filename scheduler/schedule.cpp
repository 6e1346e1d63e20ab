#include "scheduler/schedule.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace raddle::scheduler {
namespace {

// After the prefix a token is a string of bits, six to a character, the most
// significant first; the last character is filled up with zeros:
//
//   checksum      18   CRC-16 of the characters that follow; the upper two are 0
//   on_race        2
//   all_accesses   1
//   finding        5
//   fingerprint   24
//   event hash    32
//   steps          number in groups of 5
//   deviations     how many: number in groups of 3
//   each: is_value               1
//         is another thread      1, and if so: thread, number in groups of 2
//         step - step before     number in groups of 4
//         kind                   7
//         choice                 number in groups of 2
//         object                 number in groups of 3
//         options                number in groups of 2
//
// A number in groups of n: n bits, the least significant first, each group with
// a bit before it that says whether another one follows. The widths are those
// that make the common case, few threads and few steps apart, 4 characters.
constexpr std::string_view kPrefix = "r1-";
constexpr int kVersion = 1;
constexpr unsigned kSymbolBits = 6;
constexpr unsigned kChecksumBits = 18;
constexpr std::size_t kChecksumSymbols = kChecksumBits / kSymbolBits;
constexpr unsigned kKindBits = 7;
static_assert(kEventKinds <= 1u << kKindBits);

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoSymbol = 0xff;
constexpr std::array<std::uint8_t, 256> kSymbols = [] {
  std::array<std::uint8_t, 256> symbols{};
  symbols.fill(kNoSymbol);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    symbols[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return symbols;
}();

// CRC-16/CCITT. It notices every error within 16 bits in a row, so every change
// of one character.
std::uint16_t checksum(std::string_view characters) {
  static constexpr std::array<std::uint16_t, 256> kTable = [] {
    std::array<std::uint16_t, 256> table{};
    for (unsigned i = 0; i < 256; ++i) {
      unsigned crc = i << 8;
      for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
      table[i] = static_cast<std::uint16_t>(crc);
    }
    return table;
  }();
  unsigned crc = 0xffff;
  for (const char c : characters) {
    crc = ((crc << 8) ^ kTable[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xff]) & 0xffff;
  }
  return static_cast<std::uint16_t>(crc);
}

class BitWriter {
 public:
  void bits(std::uint64_t value, unsigned count) {
    while (count-- != 0) {
      pending_ = (pending_ << 1) | ((value >> count) & 1);
      if (++pending_bits_ == kSymbolBits) flush();
    }
  }

  void number(std::uint64_t value, unsigned group) {
    do {
      const std::uint64_t rest = value >> group;
      bits(rest != 0, 1);
      bits(value, group);
      value = rest;
    } while (value != 0);
  }

  std::string finish() {
    if (pending_bits_ != 0) {
      pending_ <<= kSymbolBits - pending_bits_;
      flush();
    }
    return std::move(text_);
  }

 private:
  void flush() {
    text_ += kAlphabet[pending_];
    pending_ = 0;
    pending_bits_ = 0;
  }

  std::string text_;
  std::size_t pending_ = 0;
  unsigned pending_bits_ = 0;
};

struct EndOfToken {};

class BitReader {
 public:
  explicit BitReader(std::string_view text) : text_(text) {}

  std::uint64_t bits(unsigned count) {
    std::uint64_t value = 0;
    while (count-- != 0) value = (value << 1) | bit();
    return value;
  }

  std::uint64_t number(unsigned group) {
    std::uint64_t value = 0;
    unsigned shift = 0;
    bool has_more = true;
    while (has_more) {
      has_more = bit() != 0;
      const std::uint64_t part = bits(group);
      if (shift < 64) value |= part << shift;
      shift += group;
    }
    return value;
  }

  // Whether only zeros fill up the last character.
  bool is_finished() {
    while (at_ % kSymbolBits != 0) {
      if (bit() != 0) return false;
    }
    return at_ / kSymbolBits == text_.size();
  }

  std::size_t characters_left() const { return text_.size() - at_ / kSymbolBits; }

 private:
  std::uint64_t bit() {
    if (at_ / kSymbolBits >= text_.size()) throw EndOfToken{};
    const std::uint8_t symbol = kSymbols[static_cast<unsigned char>(text_[at_ / kSymbolBits])];
    const std::size_t place = kSymbolBits - 1 - at_ % kSymbolBits;
    ++at_;
    return (symbol >> place) & 1u;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// What a deviation is told relative to: kept the same way by both sides.
class Context {
 public:
  ThreadId expected_thread() const { return expected_; }
  std::uint64_t step_before(ThreadId thread) const { return steps_[index(thread) % kThreadsMax]; }
  void advance(const Deviation& deviation) {
    steps_[index(deviation.thread) % kThreadsMax] = deviation.step;
    expected_ = deviation.is_value ? deviation.thread : thread_id(deviation.choice);
  }

 private:
  ThreadId expected_{};
  std::array<std::uint64_t, kThreadsMax> steps_{};
};

void write(BitWriter& writer, const Deviation& deviation, const Context& context) {
  const bool is_another = deviation.thread != context.expected_thread();
  writer.bits(deviation.is_value, 1);
  writer.bits(is_another, 1);
  if (is_another) writer.number(index(deviation.thread), 2);
  writer.number(deviation.step - context.step_before(deviation.thread), 4);
  writer.bits(static_cast<std::uint64_t>(deviation.kind), kKindBits);
  writer.number(deviation.choice, 2);
  writer.number(deviation.object, 3);
  writer.number(deviation.options, 2);
}

Deviation read_deviation(BitReader& reader, const Context& context) {
  Deviation deviation;
  deviation.is_value = reader.bits(1) != 0;
  const bool is_another = reader.bits(1) != 0;
  deviation.thread = is_another ? thread_id(reader.number(2)) : context.expected_thread();
  deviation.step = context.step_before(deviation.thread) + reader.number(4);
  deviation.kind = static_cast<EventKind>(reader.bits(kKindBits));
  deviation.choice = static_cast<std::uint16_t>(reader.number(2));
  deviation.object = static_cast<std::uint16_t>(reader.number(3));
  deviation.options = static_cast<std::uint16_t>(reader.number(2));
  return deviation;
}

DecodedToken read(BitReader& reader) {
  DecodedToken token;
  token.flags.on_race = static_cast<std::uint8_t>(reader.bits(2));
  token.flags.all_accesses = reader.bits(1) != 0;
  token.flags.finding = static_cast<std::uint8_t>(reader.bits(5));
  token.fingerprint = static_cast<std::uint32_t>(reader.bits(24));
  token.schedule.event_hash = static_cast<std::uint32_t>(reader.bits(32));
  token.schedule.steps = reader.number(5);
  const std::uint64_t count = reader.number(3);
  // A damaged count must not make us take gigabytes: a deviation is longer than 2 characters.
  token.schedule.deviations.reserve(std::min<std::uint64_t>(count, reader.characters_left() / 2));
  Context context;
  for (std::uint64_t i = 0; i < count; ++i) {
    token.schedule.deviations.push_back(read_deviation(reader, context));
    context.advance(token.schedule.deviations.back());
  }
  return token;
}

// The part behind the prefix, of a token of this version.
std::string_view body_of(std::string_view token) {
  if (token.empty()) throw TokenError("the replay token is empty");
  const std::size_t dash = token.find('-');
  const bool looks_like_token =
      token.front() == 'r' && dash != token.npos && dash >= 2 && dash <= 5 &&
      std::all_of(token.begin() + 1, token.begin() + static_cast<std::ptrdiff_t>(dash),
                  [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!looks_like_token) {
    throw TokenError("\"" + std::string(token.substr(0, 40)) + (token.size() > 40 ? "..." : "") +
                     "\" is not a replay token: one starts with \"" + std::string(kPrefix) + "\"");
  }
  const std::string version(token.substr(1, dash - 1));
  if (token.substr(0, kPrefix.size()) != kPrefix) {
    const bool is_newer = std::stoi(version) > kVersion;
    throw TokenError("the replay token has version " + version + ", this raddle reads version " +
                     std::to_string(kVersion) + ": the token was made by " +
                     (is_newer ? "a newer" : "an older") + " raddle");
  }
  return token.substr(kPrefix.size());
}

// Damage can look like a missing end, by making the text promise more than there is.
[[noreturn]] void throw_too_short() {
  throw TokenError("the replay token is truncated or damaged: it ends too early");
}

}  // namespace

std::uint32_t fingerprint(std::string_view test_name) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : test_name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return (hash ^ (hash >> 24)) & 0xffffff;
}

std::string encode(const Schedule& schedule, std::uint32_t fingerprint, const TokenFlags& flags) {
  BitWriter writer;
  writer.bits(flags.on_race, 2);
  writer.bits(flags.all_accesses, 1);
  writer.bits(flags.finding, 5);
  writer.bits(fingerprint, 24);
  writer.bits(schedule.event_hash, 32);
  writer.number(schedule.steps, 5);
  writer.number(schedule.deviations.size(), 3);
  Context context;
  for (const Deviation& deviation : schedule.deviations) {
    write(writer, deviation, context);
    context.advance(deviation);
  }
  const std::string body = writer.finish();
  BitWriter check;
  check.bits(checksum(body), kChecksumBits);
  return std::string(kPrefix) + check.finish() + body;
}

DecodedToken decode(std::string_view token) {
  const std::string_view text = body_of(token);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kSymbols[static_cast<unsigned char>(text[i])] != kNoSymbol) continue;
    throw TokenError("the replay token is damaged: its character " +
                     std::to_string(kPrefix.size() + i + 1) + " cannot be part of a token");
  }
  if (text.size() < kChecksumSymbols) throw_too_short();
  const std::string_view body = text.substr(kChecksumSymbols);
  const std::uint64_t expected = BitReader(text).bits(kChecksumBits);
  try {
    BitReader reader(body);
    DecodedToken decoded = read(reader);
    if (checksum(body) != expected || !reader.is_finished()) {
      throw TokenError("the replay token is damaged: its checksum is wrong");
    }
    for (const Deviation& deviation : decoded.schedule.deviations) {
      if (static_cast<std::size_t>(deviation.kind) < kEventKinds) continue;
      throw TokenError("the replay token was made by a newer raddle: it names operation " +
                       std::to_string(static_cast<unsigned>(deviation.kind)) +
                       ", which this one does not know");
    }
    return decoded;
  } catch (const EndOfToken&) {
    throw_too_short();
  }
}

}  // namespace raddle::scheduler
