// This file writes strings, numbers and times as Go's encoding/json and strconv write them.
#include "sluice/query/value_text.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "sluice/influxql/time_literal.h"

namespace sluice::query {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_unicode_escape(std::string& out, unsigned code) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHexDigits[(code >> shift) & 0xF];
}

// Returns the length of the valid UTF-8 sequence at the start of `text`, or 0. Go replaces every
// byte that begins none, one by one, so what is valid must be decided as Go does (Unicode, table
// 3-7).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i) {
        return i < text.size() && (byte(i) & 0xC0) == 0x80;
    };
    const unsigned lead = byte(0);
    if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (!continues(1) || !continues(2)) return 0;
        if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
        if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (!continues(1) || !continues(2) || !continues(3)) return 0;
        if (lead == 0xF0 && byte(1) < 0x90) return 0;
        if (lead == 0xF4 && byte(1) >= 0x90) return 0;
        return 4;
    }
    return 0;
}

void append_escaped_byte(std::string& out, unsigned char c) {
    switch (c) {
        case '"':
        case '\\':
            out += '\\';
            out += static_cast<char>(c);
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            append_unicode_escape(out, c);
    }
}

bool needs_escape(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&';
}

// Returns how many bytes at the start of `text` stand for themselves in JSON.
// Sixteen bytes at a time: most names and values have nothing to escape, and answers consist of
// them.
std::size_t plain_length(std::string_view text) {
    using Bytes = unsigned char __attribute__((vector_size(16)));
    std::size_t plain = 0;
    for (; plain + sizeof(Bytes) <= text.size(); plain += sizeof(Bytes)) {
        Bytes bytes;
        std::memcpy(&bytes, text.data() + plain, sizeof bytes);
        const auto special = (bytes < 0x20) | (bytes == '"') | (bytes == '\\') | (bytes == '<') |
                             (bytes == '>') | (bytes == '&') | (bytes >= 0x80);
        std::uint64_t halves[2];
        std::memcpy(halves, &special, sizeof halves);
        if ((halves[0] | halves[1]) != 0) break;
    }
    while (plain < text.size() && static_cast<unsigned char>(text[plain]) < 0x80 &&
           !needs_escape(static_cast<unsigned char>(text[plain]))) {
        ++plain;
    }
    return plain;
}

// Shortest digits that read back, and the power of ten of the first one.
struct Digits {
    char text[32];
    int count = 0;
    int exponent = 0;
    bool negative = false;
};

Digits shortest_digits(double value) {
    char buffer[40];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
    Digits digits;
    const char* at = buffer;
    if (*at == '-') {
        digits.negative = true;
        ++at;
    }
    for (; at != end && *at != 'e'; ++at) {
        if (*at != '.') digits.text[digits.count++] = *at;
    }
    if (at != end) {
        ++at;
        if (*at == '+') ++at;
        std::from_chars(at, end, digits.exponent);
    }
    return digits;
}

void append_plain(std::string& out, const Digits& digits) {
    if (digits.negative) out += '-';
    if (digits.exponent < 0) {
        out += "0.";
        out.append(static_cast<std::size_t>(-digits.exponent - 1), '0');
        out.append(digits.text, static_cast<std::size_t>(digits.count));
        return;
    }
    for (int i = 0; i <= digits.exponent; ++i) {
        out += i < digits.count ? digits.text[i] : '0';
    }
    if (digits.count > digits.exponent + 1) {
        out += '.';
        out.append(digits.text + digits.exponent + 1,
                   static_cast<std::size_t>(digits.count - digits.exponent - 1));
    }
}

// Decimals of a few places, as measured values mostly are: their digits are those of an integer. No
// other text of up to fifteen digits means the same double, so that no other is as short.
bool append_short_decimal(std::string& out, double value) {
    constexpr unsigned kScale = 10'000;
    const double magnitude = std::fabs(value);
    if (!(magnitude < 1e11)) return false;
    const auto scaled = static_cast<std::uint64_t>(magnitude * kScale + 0.5);
    if (static_cast<double>(scaled) / kScale != magnitude) return false;
    char text[32];
    char* at = text;
    if (std::signbit(value)) *at++ = '-';
    at = std::to_chars(at, text + sizeof text, scaled / kScale).ptr;
    auto places = static_cast<unsigned>(scaled % kScale);
    if (places != 0) {
        *at++ = '.';
        for (unsigned unit = kScale / 10; places != 0; unit /= 10) {
            *at++ = static_cast<char>('0' + places / unit);
            places %= unit;
        }
    }
    out.append(text, static_cast<std::size_t>(at - text));
    return true;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const std::size_t plain = plain_length(text);
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        const auto c = static_cast<unsigned char>(text[0]);
        if (c < 0x80) {
            append_escaped_byte(out, c);
            text.remove_prefix(1);
            continue;
        }
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            out += "\\ufffd";
            text.remove_prefix(1);
            continue;
        }
        const std::string_view sequence = text.substr(0, length);
        if (sequence == "\u2028") {
            out += "\\u2028";
        } else if (sequence == "\u2029") {
            out += "\\u2029";
        } else {
            out += sequence;
        }
        text.remove_prefix(length);
    }
    out += '"';
}

// Go writes numbers from 1e-6 to below 1e21 plainly and all others with an exponent, as JavaScript
// does, and takes the zero out of exponents such as e-09 (encoding/json/encode.go: floatEncoder).
void append_json_float(std::string& out, double value) {
    if (append_short_decimal(out, value)) return;
    const Digits digits = shortest_digits(value);
    const bool is_zero = digits.text[0] == '0';
    if (is_zero || (digits.exponent >= -6 && digits.exponent < 21)) {
        append_plain(out, digits);
        return;
    }
    if (digits.negative) out += '-';
    out += digits.text[0];
    if (digits.count > 1) {
        out += '.';
        out.append(digits.text + 1, static_cast<std::size_t>(digits.count - 1));
    }
    out += digits.exponent < 0 ? "e-" : "e+";
    out += std::to_string(digits.exponent < 0 ? -digits.exponent : digits.exponent);
}

void append_plain_float(std::string& out, double value) {
    if (append_short_decimal(out, value)) return;
    append_plain(out, shortest_digits(value));
}

void append_rfc3339(std::string& out, std::int64_t timestamp_ns, std::int64_t ahead_ns) {
    const influxql::TimeLiteral utc = influxql::time_from_nanoseconds(timestamp_ns);
    const influxql::TimeLiteral time = influxql::add_duration(utc, ahead_ns);
    influxql::append_rfc3339(out, time.seconds, time.nanoseconds);
}

}  // namespace sluice::query
