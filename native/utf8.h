// UTF-8 to UTF-16 and back, for texts that are not ASCII throughout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb {

constexpr size_t kMalformed = SIZE_MAX;

// Writes at most `length` units; returns how many, or kMalformed. Well-formed is what Unicode's table 3-7 says: no
// overlong forms, no surrogates, nothing above U+10FFFF. Another thread may change the bytes meanwhile: none is trusted
// twice.
inline size_t decode_utf8(const uint8_t* from, size_t length, char16_t* to) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t at = 0, units = 0;
  const auto rest = [&](size_t index) -> uint32_t {  // six bits, or bit 31 where they are none
    if (index >= length) return 1u << 31;
    const uint32_t byte = from[index];
    return (byte & 0xc0) == 0x80 ? byte & 0x3f : 1u << 31;
  };
  while (at < length) {
    if (length - at >= 8) {
      uint64_t eight;
      std::memcpy(&eight, from + at, 8);
      if ((eight & kHighBits) == 0) {
        uint8_t bytes[8];
        std::memcpy(bytes, &eight, 8);
        for (size_t i = 0; i < 8; i++) to[units + i] = bytes[i];
        at += 8;
        units += 8;
        continue;
      }
    }
    const uint32_t first = from[at];
    if (first < 0x80) {
      to[units++] = static_cast<char16_t>(first);
      at += 1;
    } else if (first < 0xe0) {
      const uint32_t second = rest(at + 1);
      if (first < 0xc2 || second >> 31) return kMalformed;
      to[units++] = static_cast<char16_t>((first & 0x1f) << 6 | second);
      at += 2;
    } else if (first < 0xf0) {
      const uint32_t second = rest(at + 1), third = rest(at + 2);
      const uint32_t code = (first & 0x0f) << 12 | second << 6 | third;
      if ((second | third) >> 31 || code < 0x800 || (code >= 0xd800 && code < 0xe000)) return kMalformed;
      to[units++] = static_cast<char16_t>(code);
      at += 3;
    } else {
      const uint32_t second = rest(at + 1), third = rest(at + 2), fourth = rest(at + 3);
      if (first > 0xf4 || (second | third | fourth) >> 31) return kMalformed;
      const uint32_t code = (first & 0x07) << 18 | second << 12 | third << 6 | fourth;
      if (code < 0x10000 || code > 0x10ffff) return kMalformed;
      to[units++] = static_cast<char16_t>(0xd7c0 + (code >> 10));
      to[units++] = static_cast<char16_t>(0xdc00 + (code & 0x3ff));
      at += 4;
    }
  }
  return units;
}

// Writes at most 3 bytes a unit; returns how many, or kMalformed for a lone surrogate. In a run of ASCII eight units go
// at once; looked for in front of every unit, it would make other scripts twice as slow.
inline size_t encode_utf8(const char16_t* from, size_t length, uint8_t* to) {
  constexpr uint64_t kBeyondAscii = 0xff80ff80ff80ff80;
  constexpr size_t kRun = 4;
  uint8_t* end = to;
  size_t run = 0;
  const auto is_ascii = [&](size_t at) {
    uint64_t four[2];
    std::memcpy(four, from + at, sizeof four);
    return ((four[0] | four[1]) & kBeyondAscii) == 0;
  };
  for (size_t at = 0; at < length; at++) {
    const uint32_t unit = from[at];
    if (unit < 0x80) {
      *end++ = static_cast<uint8_t>(unit);
      if (++run < kRun) continue;
      for (; length - at > 8 && is_ascii(at + 1); at += 8, end += 8)
        for (size_t i = 0; i < 8; i++) end[i] = static_cast<uint8_t>(from[at + 1 + i]);
      run = 0;
      continue;
    }
    run = 0;
    if (unit < 0x800) {
      end[0] = static_cast<uint8_t>(0xc0 | unit >> 6);
      end[1] = static_cast<uint8_t>(0x80 | (unit & 0x3f));
      end += 2;
    } else if (unit < 0xd800 || unit >= 0xe000) {
      end[0] = static_cast<uint8_t>(0xe0 | unit >> 12);
      end[1] = static_cast<uint8_t>(0x80 | (unit >> 6 & 0x3f));
      end[2] = static_cast<uint8_t>(0x80 | (unit & 0x3f));
      end += 3;
    } else {
      const uint32_t next = at + 1 < length ? from[at + 1] : 0;
      if (unit >= 0xdc00 || next < 0xdc00 || next >= 0xe000) return kMalformed;
      const uint32_t code = 0x10000 + ((unit & 0x3ff) << 10 | (next & 0x3ff));
      *end++ = static_cast<uint8_t>(0xf0 | code >> 18);
      *end++ = static_cast<uint8_t>(0x80 | (code >> 12 & 0x3f));
      *end++ = static_cast<uint8_t>(0x80 | (code >> 6 & 0x3f));
      *end++ = static_cast<uint8_t>(0x80 | (code & 0x3f));
      at++;
    }
  }
  return static_cast<size_t>(end - to);
}

}  // namespace ebb
