#include "sluice/base/utf8.h"

#include <cstdint>

#include "sluice/base/check.h"

namespace sluice {

// The lead byte says how many follow and which the smallest code point of that length is: a longer
// form of a smaller one is none (overlong), nor is half of a surrogate pair.
char32_t take_utf8(std::string_view& text) {
    SLUICE_CHECK(!text.empty());
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    std::size_t size = 1;
    char32_t code = lead;
    char32_t smallest = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        size = 2, code = lead & 0x1Fu, smallest = 0x80;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        size = 3, code = lead & 0x0Fu, smallest = 0x800;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        size = 4, code = lead & 0x07u, smallest = 0x10000;
    } else if (lead >= 0x80) {
        text.remove_prefix(1);
        return kReplacementCharacter;
    }
    bool valid = size <= text.size();
    for (std::size_t i = 1; valid && i < size; ++i) {
        valid = (byte(i) & 0xC0u) == 0x80;
        code = (code << 6) | (byte(i) & 0x3Fu);
    }
    valid = valid && code >= smallest && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
    text.remove_prefix(valid ? size : 1);
    return valid ? code : kReplacementCharacter;
}

void append_utf8(std::string& out, char32_t code) {
    SLUICE_CHECK(code <= 0x10FFFF);
    const auto put = [&](char32_t bits) { out += static_cast<char>(bits); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | (code >> 6));
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3F));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

}  // namespace sluice
