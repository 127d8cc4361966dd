#include "influxql/scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sluice/base/random.h"

namespace sluice::influxql {
namespace {

// All tokens of a text, the end left out: "TOKEN(text)@line:character", a blank between them.
std::string tokens_of(std::string_view text) {
    Scanner scanner(text);
    std::string out;
    for (int i = 0; i < 1000; ++i) {
        const Lexeme lexeme = scanner.scan();
        if (lexeme.token == Token::kEof) return out;
        if (lexeme.token == Token::kWhitespace) continue;
        if (!out.empty()) out += ' ';
        out += token_text(lexeme.token);
        if (!lexeme.literal.empty()) out += "(" + lexeme.literal + ")";
        out += "@" + std::to_string(lexeme.position.line) + ":" +
               std::to_string(lexeme.position.character);
    }
    ADD_FAILURE() << "no end: " << text;
    return out;
}

TEST(Scanner, CutsWhereOneTokenEnds) {
    const struct {
        std::string_view text;
        std::string_view tokens;
    } kCases[] = {
        {"", ""},
        {"a", "IDENT(a)@0:0"},
        {"_a9 b", "IDENT(_a9)@0:0 IDENT(b)@0:4"},
        {"9a", "DURATIONVAL(9a)@0:0"},
        {"a.b", "IDENT(a)@0:0 .@0:1 IDENT(b)@0:2"},
        {"a..b", "IDENT(a)@0:0 .@0:1 .@0:2 IDENT(b)@0:3"},
        {"a<=b", "IDENT(a)@0:0 <=@0:1 IDENT(b)@0:3"},
        {"a<>b", "IDENT(a)@0:0 !=@0:1 IDENT(b)@0:3"},
        {"a<b", "IDENT(a)@0:0 <@0:1 IDENT(b)@0:2"},
        {"=~!~!==>=::", "=~@0:0 !~@0:2 !=@0:4 =@0:6 >=@0:7 ::@0:9"},
        {":::", "::@0:0 :@0:2"},
        {"!", "ILLEGAL(!)@0:0"},
        {"a!b", "IDENT(a)@0:0 ILLEGAL(!)@0:1 IDENT(b)@0:2"},
        {"#", "ILLEGAL(#)@0:0"},
        {"1.5", "NUMBER(1.5)@0:0"},
        {"1.", "NUMBER(1)@0:0"},
        {"1.x", "NUMBER(1)@0:0 IDENT(x)@0:2"},
        {".5", "NUMBER(.5)@0:0"},
        {"1..5", "NUMBER(1)@0:0 NUMBER(.5)@0:2"},
        {"1e5", "DURATIONVAL(1e5)@0:0"},
        {"10m", "DURATIONVAL(10m)@0:0"},
        {"1h30m", "DURATIONVAL(1h30m)@0:0"},
        {"5\xC2\xB5", "DURATIONVAL(5\xC2\xB5)@0:0"},
        {"5_", "(5)@0:0 IDENT(_)@0:1"},
        {"a'b'", "IDENT(a)@0:0 STRING(b)@0:0"},  // a string is reported at the character before it
        {"''", "STRING@0:0"},
        {"'it\\'s'", "STRING(it's)@0:0"},
        {"'a\\nb\\\\'", "STRING(a\nb\\)@0:0"},
        {"'a\\qb'", "BADESCAPE(\\q)@0:3 IDENT(b)@0:4 BADSTRING@0:4"},
        {"'a", "BADSTRING(a)@0:0"},
        {"'a\nb'", "BADSTRING(a)@0:0 IDENT(b)@1:0 BADSTRING@1:0"},
        {"\"a b\"", "IDENT(a b)@0:0"},
        {"\"\"", "IDENT@0:0"},
        {"\"select\"", "IDENT(select)@0:0"},
        {"select", "SELECT@0:0"},
        {"$a", "($a)@0:0"},  // InfluxDB has no name for a bound parameter
        {"-- x\ny", "@0:0 IDENT(y)@1:0"},
        {"a/* b */c", "IDENT(a)@0:0 @0:1 IDENT(c)@0:8"},
        {"/* a", "ILLEGAL@0:0"},
        {"/*/", "ILLEGAL@0:0"},
        {"/**/a", "@0:0 IDENT(a)@0:4"},
        {"a\r\nb\rc\nd", "IDENT(a)@0:0 IDENT(b)@1:0 IDENT(c)@2:0 IDENT(d)@3:0"},
        {"\xC3\xA4 b", "ILLEGAL(\xC3\xA4)@0:0 IDENT(b)@0:2"},
    };
    for (const auto& c : kCases) {
        EXPECT_EQ(tokens_of(c.text), c.tokens) << c.text;
    }
}

TEST(Scanner, TakesARegularExpressionOnlyWhereItIsAskedFor) {
    const auto regex_of = [](std::string_view text) {
        Scanner scanner(text);
        const Lexeme regex = scanner.scan_regex();
        return regex.token == Token::kRegex ? regex.literal : std::string("bad");
    };
    EXPECT_EQ(regex_of("/a/"), "a");
    EXPECT_EQ(regex_of("//"), "");
    EXPECT_EQ(regex_of("/a\\/b/"), "a/b");
    EXPECT_EQ(regex_of("/a\\.b/"), "a\\.b");
    // A backslash before a slash makes it part of the expression, whatever stands before both.
    EXPECT_EQ(regex_of("/a\\\\/b/"), "a\\/b");
    EXPECT_EQ(regex_of("/a\\\\\\/b/"), "a\\\\/b");
    EXPECT_EQ(regex_of("/\xC3\xA4/"), "\xC3\xA4");
    for (const std::string_view bad : {"", "a", "/", "/a", "/a\\", "/a\nb/", "/a\\/"}) {
        EXPECT_EQ(regex_of(bad), "bad") << bad;
    }
    Scanner scanner("/a/b");
    EXPECT_EQ(scanner.scan_regex().literal, "a");
    EXPECT_EQ(scanner.scan().literal, "b");
    EXPECT_EQ(Scanner("/a/").scan().token, Token::kDiv);
}

TEST(Scanner, PeeksWithoutTaking) {
    Scanner scanner("a b");
    EXPECT_EQ(scanner.peek(), U'a');
    EXPECT_EQ(scanner.peek(), U'a');
    EXPECT_EQ(scanner.scan().literal, "a");
    EXPECT_EQ(scanner.peek(), U' ');
    scanner.scan();
    EXPECT_EQ(scanner.scan().literal, "b");
    EXPECT_EQ(scanner.peek(), U'\0');
    EXPECT_EQ(scanner.scan().token, Token::kEof);
    EXPECT_EQ(scanner.peek(), U'\0');
    EXPECT_EQ(scanner.scan().token, Token::kEof);
}

TEST(Scanner, CountsTheEndAsOneCharacterHoweverOftenItIsRead) {
    Scanner scanner("ab");
    scanner.scan();
    const Position first = scanner.scan().position;
    EXPECT_EQ(first.line, 0u);
    EXPECT_EQ(first.character, 3u);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(scanner.scan().position.character, 3u);
}

// The line and the character of each code point, counted once more.
std::vector<std::pair<std::uint32_t, std::uint32_t>> places_of(std::string_view text) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
    std::uint32_t line = 0;
    std::uint32_t character = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        places.emplace_back(line, character);
        if (text[i] == '\n') {
            ++line;
            character = 0;
        } else {
            ++character;
        }
    }
    return places;
}

TEST(Scanner, EndsAndMovesForwardOnAnyText) {
    constexpr std::string_view kParts[] = {
        "a", "\"", "'", "\\", "/*", "*/",  "--", "\n",   " ", "1", ".", "m",       "=~",
        "!", "::", "$", "/",  ",",  "sel", "_",  "\xB5", "(", ")", ";", "\xC3\xA4"};
    Random random(1);
    for (int i = 0; i < 5'000; ++i) {
        std::string text;
        for (std::uint64_t n = random.below(30); n > 0; --n) {
            text += kParts[random.below(std::size(kParts))];
        }
        Scanner scanner(text);
        std::size_t scanned = 0;
        while (scanner.scan().token != Token::kEof) ASSERT_LE(++scanned, text.size()) << text;
    }
}

TEST(Scanner, PlacesEveryWordWhereItStands) {
    Random random(2);
    for (int i = 0; i < 2'000; ++i) {
        std::string text;
        std::vector<std::size_t> starts;
        for (std::uint64_t n = 1 + random.below(12); n > 0; --n) {
            starts.push_back(text.size());
            text += "w" + std::to_string(random.below(1000));
            for (std::uint64_t blanks = 1 + random.below(3); blanks > 0; --blanks) {
                text += random.chance(0.3) ? '\n' : random.chance(0.5) ? '\t' : ' ';
            }
        }
        const auto places = places_of(text);
        Scanner scanner(text);
        for (const std::size_t start : starts) {
            Lexeme word = scanner.scan();
            if (word.token == Token::kWhitespace) word = scanner.scan();
            ASSERT_EQ(word.position.line, places[start].first) << text;
            ASSERT_EQ(word.position.character, places[start].second) << text;
        }
    }
}

}  // namespace
}  // namespace sluice::influxql
