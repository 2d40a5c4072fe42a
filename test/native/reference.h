// UTF-8 and UTF-16 as Unicode defines them, one code point at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace driver {

inline std::optional<std::string> utf8_of(const std::u16string& text) {
  std::string bytes;
  const auto add = [&](uint32_t byte) { bytes.push_back(static_cast<char>(byte)); };
  for (size_t at = 0; at < text.size(); at++) {
    uint32_t code = text[at];
    if (code >= 0xd800 && code <= 0xdfff) {
      if (code >= 0xdc00 || at + 1 == text.size() || text[at + 1] < 0xdc00 || text[at + 1] > 0xdfff)
        return std::nullopt;
      code = 0x10000 + (code - 0xd800) * 0x400 + (text[++at] - 0xdc00);
    }
    const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr uint32_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
    add(kLead[more] | code >> (6 * more));
    for (int rest = more - 1; rest >= 0; rest--) add(0x80 | (code >> (6 * rest) & 0x3f));
  }
  return bytes;
}

inline std::optional<std::u16string> utf16_of(const std::string& bytes) {
  std::u16string text;
  for (size_t at = 0; at < bytes.size();) {
    const auto first = static_cast<uint8_t>(bytes[at]);
    const int length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (length == 0 || at + static_cast<size_t>(length) > bytes.size()) return std::nullopt;
    uint32_t code = length == 1 ? first : first & (0x7f >> length);
    for (int i = 1; i < length; i++) {
      const auto next = static_cast<uint8_t>(bytes[at + static_cast<size_t>(i)]);
      if (next >> 6 != 2) return std::nullopt;
      code = code << 6 | (next & 0x3f);
    }
    static constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return std::nullopt;
    if (code < 0x10000) {
      text.push_back(static_cast<char16_t>(code));
    } else {
      text.push_back(static_cast<char16_t>(0xd800 + ((code - 0x10000) >> 10)));
      text.push_back(static_cast<char16_t>(0xdc00 + ((code - 0x10000) & 0x3ff)));
    }
    at += static_cast<size_t>(length);
  }
  return text;
}

}  // namespace driver
