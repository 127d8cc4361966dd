#include "sluice/base/regex.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Regex, MatchesAnywhereUnlessItSaysWhere) {
    const struct {
        const char* pattern;
        const char* text;
        bool matches;
    } kCases[] = {
        {"", "", true},
        {"", "a", true},
        {"a", "bab", true},
        {"^a", "ba", false},
        {"a$", "ab", false},
        {"^$", "", true},
        {"^$", "a", false},
        {"a.c", "a\nc", false},
        {"(?s)a.c", "a\nc", true},
        {"(?i)ABC", "abc", true},
        {"ABC", "abc", false},
        {"^web0[1-3]$", "web02", true},
        {"\\d+", "no", false},
        {"a|b", "xb", true},
        {"\xC3\xA4", "\xC3\xA4", true},
        {"^.$", "\xC3\xA4", true},  // a character and not a byte
        {"x*", "", true},
    };
    for (const auto& c : kCases) {
        const auto regex = Regex::compile(c.pattern);
        ASSERT_TRUE(regex.ok()) << c.pattern;
        EXPECT_EQ(regex->matches(c.text), c.matches) << c.pattern << " on " << c.text;
        EXPECT_EQ(regex->pattern(), c.pattern);
    }
    EXPECT_TRUE(Regex::compile("a.b")->matches(std::string_view("a\0b", 3)));
}

TEST(Regex, SaysWhatGoSaysAboutAMistake) {
    const struct {
        const char* pattern;
        const char* message;
    } kCases[] = {
        {"a(", "error parsing regexp: missing closing ): `a(`"},
        {"a)", "error parsing regexp: unexpected ): `a)`"},
        {"[a", "error parsing regexp: missing closing ]: `[a`"},
        {"[b-a]", "error parsing regexp: invalid character class range: `b-a`"},
        {"*", "error parsing regexp: missing argument to repetition operator: `*`"},
        {"a**", "error parsing regexp: invalid nested repetition operator: `**`"},
        {"a{2,1}", "error parsing regexp: invalid repeat count: `{2,1}`"},
        {"\\y", "error parsing regexp: invalid escape sequence: `\\y`"},
        {"a\\", "error parsing regexp: trailing backslash at end of expression: ``"},
        {"(?z)a", "error parsing regexp: invalid or unsupported Perl syntax: `(?z`"},
    };
    for (const auto& c : kCases) {
        const auto regex = Regex::compile(c.pattern);
        ASSERT_FALSE(regex.ok()) << c.pattern;
        EXPECT_EQ(regex.error().kind, ErrorKind::kInvalid);
        EXPECT_EQ(regex.error().message, c.message);
    }
}

TEST(Regex, TellsHowLargeItIs) {
    const std::size_t small = Regex::compile("a")->program_size();
    const std::size_t large = Regex::compile("[^x]{900}N")->program_size();
    EXPECT_GT(small, 0u);
    EXPECT_GT(large, 1'000u);
    // A copy shares the program and is as good after the original has gone.
    Result<Regex> original = Regex::compile("^b+$");
    const Regex copy = *original;
    original = Regex::compile("x");
    EXPECT_TRUE(copy.matches("bbb"));
    EXPECT_FALSE(copy.matches("x"));
}

}  // namespace
}  // namespace sluice
