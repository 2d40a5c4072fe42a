// Decisions out of a fuzzer's bytes; zeros when they are used up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace driver {

class Input {
 public:
  Input(const uint8_t* bytes, size_t length) : at(bytes), end(bytes + length) {}

  bool is_empty() const { return at == end; }
  uint8_t byte() { return is_empty() ? 0 : *at++; }
  size_t below(size_t count) { return count == 0 ? 0 : byte() % count; }
  bool one_in(size_t count) { return byte() % count == count - 1; }

  // A number that is mostly `good`, else one that somebody else might think of.
  double number(double good) {
    static const double kBad[] = {-1,
                                  0.5,
                                  0,
                                  4095,
                                  4097,
                                  2147483648.0,
                                  4294967296.0,
                                  9007199254740992.0,
                                  18446744073709551616.0,
                                  -0.0,
                                  1e300,
                                  std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity()};
    return one_in(24) ? kBad[below(sizeof kBad / sizeof *kBad)] : good;
  }

  std::string bytes(size_t most) {
    std::string text;
    for (size_t left = below(most + 1); left > 0 && !is_empty(); left--) text.push_back(static_cast<char>(byte()));
    return text;
  }

 private:
  const uint8_t *at, *const end;
};

}  // namespace driver
