#include "lake/utf8_text.h"

#include <cstdint>

#include "sluice/base/bytes.h"

namespace sluice::lake {
namespace {

// Bytes of the character at the front of `text`, which is not empty; 0: it is none (RFC 3629,
// which excludes overlong forms, halves of pairs and what lies above U+10FFFF).
std::size_t character_bytes(std::string_view text) {
    const auto byte_at = [&](std::size_t i) {
        return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
    };
    const auto is_next = [&](std::size_t i) { return (byte_at(i) & 0xC0) == 0x80; };
    const std::uint8_t first = byte_at(0);
    const std::uint8_t second = byte_at(1);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4 || !is_next(1)) return 0;
    if (first < 0xE0) return 2;
    if (!is_next(2)) return 0;
    if (first < 0xF0) {
        const bool is_overlong = first == 0xE0 && second < 0xA0;
        const bool is_half = first == 0xED && second >= 0xA0;
        return is_overlong || is_half ? 0 : 3;
    }
    const bool is_outside = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
    return is_outside || !is_next(3) ? 0 : 4;
}

// How many bytes at the front are plain ASCII, in steps of a word.
std::size_t ascii_bytes(std::string_view text) {
    std::size_t at = 0;
    while (at + 8 <= text.size() &&
           (load_le<std::uint64_t>(text.data() + at) & 0x8080808080808080u) == 0) {
        at += 8;
    }
    return at;
}

}  // namespace

bool is_utf8(std::string_view text) {
    text.remove_prefix(ascii_bytes(text));
    while (!text.empty()) {
        const std::size_t size = character_bytes(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::string with_replacements(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t size = character_bytes(text);
        if (size == 0) {
            result += "\xEF\xBF\xBD";
        } else {
            result += text.substr(0, size);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return result;
}

}  // namespace sluice::lake
