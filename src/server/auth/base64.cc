#include "server/auth/base64.h"

#include <array>

namespace sluice::server {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_table(char digit62, char digit63) {
    std::array<std::uint8_t, 256> table{};
    table.fill(kNoDigit);
    std::uint8_t value = 0;
    for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = value++;
    for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = value++;
    for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = value++;
    table[static_cast<unsigned char>(digit62)] = value++;
    table[static_cast<unsigned char>(digit63)] = value;
    return table;
}

constexpr std::array<std::uint8_t, 256> kStandardTable = make_table('+', '/');
constexpr std::array<std::uint8_t, 256> kUrlTable = make_table('-', '_');

Error illegal_at(std::size_t place) {
    return Error{ErrorKind::kInvalid, "illegal base64 data at input byte " + std::to_string(place)};
}

// Appends the bytes that the first `digits` of four digits stand for.
void append_group(std::string& out, std::uint32_t bits, unsigned digits) {
    if (digits >= 2) out += static_cast<char>(bits >> 16);
    if (digits >= 3) out += static_cast<char>(bits >> 8 & 0xFF);
    if (digits >= 4) out += static_cast<char>(bits & 0xFF);
}

}  // namespace

Result<void> append_base64_decoded(std::string& out, std::string_view text,
                                   Base64Alphabet alphabet) {
    const auto& table = alphabet == Base64Alphabet::kUrl ? kUrlTable : kStandardTable;
    std::uint32_t bits = 0;
    unsigned digits = 0;  // of the present group of four
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::uint8_t digit = table[static_cast<unsigned char>(text[i])];
        if (digit != kNoDigit) {
            bits |= static_cast<std::uint32_t>(digit) << (18 - 6 * digits);
            if (++digits < 4) continue;
            append_group(out, bits, 4);
            bits = 0;
            digits = 0;
            continue;
        }
        if (text[i] != '=' || digits < 2) return illegal_at(i);
        if (digits == 2) {
            ++i;
            if (i == text.size()) return illegal_at(i);
            if (text[i] != '=') return illegal_at(i - 1);
        }
        if (i + 1 != text.size()) return illegal_at(i + 1);
        append_group(out, bits, digits);
        return {};
    }
    if (digits != 0) return illegal_at(text.size() - digits);
    return {};
}

void append_base64_encoded(std::string& out, std::string_view bytes, Base64Alphabet alphabet) {
    std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    digits += alphabet == Base64Alphabet::kUrl ? "-_" : "+/";
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            const char byte = i < group.size() ? group[i] : '\0';
            bits = bits << 8 | static_cast<unsigned char>(byte);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            out += i <= group.size() ? digits[bits >> (18 - 6 * i) & 63] : '=';
        }
    }
}

}  // namespace sluice::server
