#include "sluice/base/go_text.h"

#include <charconv>
#include <cstdio>
#include <string_view>

#include "sluice/base/utf8.h"

namespace sluice {
namespace {

bool is_printable(char32_t c) {
    struct Range {
        char32_t first;
        char32_t last;
    };
    constexpr Range kHidden[] = {
        {0x00, 0x1F},     {0x7F, 0xA0},     {0xAD, 0xAD},     {0x1680, 0x1680},   {0x180E, 0x180E},
        {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000},   {0xE000, 0xF8FF},
        {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0x10FFFF}};
    for (const Range& range : kHidden) {
        if (c >= range.first && c <= range.last) return false;
    }
    return true;
}

void append_hex(std::string& out, const char* format, unsigned number) {
    char text[16];
    out.append(text, static_cast<std::size_t>(std::snprintf(text, sizeof text, format, number)));
}

void append_hidden(std::string& out, char32_t c) {
    constexpr std::string_view kNamed = "\a\b\t\n\v\f\r";  // 7 to 13, in this order
    if (c >= 7 && c < 7 + kNamed.size()) {
        out += '\\';
        out += "abtnvfr"[c - 7];
    } else if (c < 0x80) {
        append_hex(out, "\\x%02x", c);
    } else {
        append_hex(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
    }
}

Error number_error(std::string_view text, std::string_view words) {
    return {ErrorKind::kInvalid,
            "strconv.ParseInt: parsing " + quote_go(text) + ": " + std::string(words)};
}

}  // namespace

Result<std::int64_t> parse_go_integer(std::string_view text) {
    std::string_view digits = text;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const char* const end = digits.data() + digits.size();
    std::int64_t number = 0;
    const auto parsed = std::from_chars(digits.data(), end, number);
    const bool two_signs = digits.size() != text.size() && digits.starts_with('-');
    if (parsed.ec == std::errc::invalid_argument || parsed.ptr != end || two_signs) {
        return number_error(text, "invalid syntax");
    }
    if (parsed.ec != std::errc()) return number_error(text, "value out of range");
    return number;
}

std::string quote_go(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::string_view before = text;
        const char32_t code = take_utf8(text);
        const std::string_view taken = before.substr(0, before.size() - text.size());
        if (code == kReplacementCharacter && taken.size() == 1) {
            append_hex(out, "\\x%02x", static_cast<unsigned char>(taken[0]));
        } else if (code == '"' || code == '\\') {
            out += '\\';
            out += taken;
        } else if (is_printable(code)) {
            out += taken;
        } else {
            append_hidden(out, code);
        }
    }
    return out + '"';
}

}  // namespace sluice
