#include "sluice/base/utf8.h"

#include <gtest/gtest.h>

#include <vector>

#include "sluice/base/random.h"

namespace sluice {
namespace {

bool is_code_point(char32_t code) {
    return code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
}

TEST(Utf8, ReadsBackEveryCodePoint) {
    for (char32_t code = 0; code <= 0x10FFFF; ++code) {
        if (!is_code_point(code)) continue;
        std::string text;
        append_utf8(text, code);
        const std::size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        ASSERT_EQ(text.size(), size) << static_cast<std::uint32_t>(code);
        text += 'x';
        std::string_view rest = text;
        ASSERT_EQ(take_utf8(rest), code);
        ASSERT_EQ(rest, "x");
    }
}

// What the table of the Unicode Standard (3-7, "Well-Formed UTF-8 Byte Sequences") allows.
std::size_t well_formed_size(std::string_view text) {
    const auto within = [&](std::size_t i, unsigned first, unsigned last) {
        const auto byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
        return i < text.size() && byte >= first && byte <= last;
    };
    const auto tail = [&](std::size_t i) { return within(i, 0x80, 0xBF); };
    if (within(0, 0x00, 0x7F)) return 1;
    if (within(0, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
    if (within(0, 0xE0, 0xE0)) return within(1, 0xA0, 0xBF) && tail(2) ? 3 : 0;
    if (within(0, 0xED, 0xED)) return within(1, 0x80, 0x9F) && tail(2) ? 3 : 0;
    if (within(0, 0xE1, 0xEF)) return tail(1) && tail(2) ? 3 : 0;
    if (within(0, 0xF0, 0xF0)) return within(1, 0x90, 0xBF) && tail(2) && tail(3) ? 4 : 0;
    if (within(0, 0xF1, 0xF3)) return tail(1) && tail(2) && tail(3) ? 4 : 0;
    if (within(0, 0xF4, 0xF4)) return within(1, 0x80, 0x8F) && tail(2) && tail(3) ? 4 : 0;
    return 0;
}

void expect_taken(std::string_view text) {
    const std::size_t size = well_formed_size(text);
    std::string_view rest = text;
    const char32_t code = take_utf8(rest);
    ASSERT_EQ(text.size() - rest.size(), size == 0 ? 1 : size) << testing::PrintToString(text);
    if (size == 0) {
        ASSERT_EQ(code, kReplacementCharacter) << testing::PrintToString(text);
        return;
    }
    std::string again;
    append_utf8(again, code);
    ASSERT_EQ(again, text.substr(0, size));
}

TEST(Utf8, TakesOneByteOfWhatIsNotWellFormed) {
    for (unsigned first = 0; first < 256; ++first) {
        expect_taken(std::string(1, static_cast<char>(first)));
        for (unsigned second = 0; second < 256; ++second) {
            const std::string two{static_cast<char>(first), static_cast<char>(second)};
            expect_taken(two);
            expect_taken(two + "\x80");
            expect_taken(two + "\x80\x80");
            expect_taken(two + "\xBF\xBF");
            expect_taken(two + "\x7F\x80");
            expect_taken(two + "\x80\xC0");
        }
    }
}

TEST(Utf8, ReadsAnyBytesToTheEnd) {
    Random random(1);
    for (int i = 0; i < 2'000; ++i) {
        std::string text;
        for (std::size_t size = random.below(40); size > 0; --size) {
            text +=
                static_cast<char>(random.chance(0.5) ? random.below(256) : 0x80 + random.below(64));
        }
        std::string_view rest = text;
        while (!rest.empty()) {
            expect_taken(rest);
            const std::size_t before = rest.size();
            take_utf8(rest);
            ASSERT_LT(rest.size(), before);
        }
    }
}

}  // namespace
}  // namespace sluice
