#include "influxql/token_stream.h"

#include <gtest/gtest.h>

namespace sluice::influxql {
namespace {

const BoundParameters kNone;

TEST(TokenStream, GivesTheSameTokensAgainAfterBack) {
    TokenStream tokens("a b", kNone);
    EXPECT_EQ(tokens.next().literal, "a");
    EXPECT_EQ(tokens.next().token, Token::kWhitespace);
    EXPECT_EQ(tokens.next().literal, "b");
    tokens.back();
    tokens.back();
    EXPECT_EQ(tokens.next().token, Token::kWhitespace);
    EXPECT_EQ(tokens.next().literal, "b");
    tokens.back();
    EXPECT_EQ(tokens.next().literal, "b");
    EXPECT_EQ(tokens.next().token, Token::kEof);
    tokens.back();
    EXPECT_EQ(tokens.next().token, Token::kEof);
}

TEST(TokenStream, SkipsBlanksAndCommentsBeforeAWord) {
    TokenStream tokens(" /* x */ -- y\n\t a,b", kNone);
    EXPECT_EQ(tokens.next_word().literal, "a");
    EXPECT_TRUE(tokens.accept(Token::kComma));
    EXPECT_FALSE(tokens.accept(Token::kComma));
    EXPECT_EQ(tokens.next_word().literal, "b");
    EXPECT_EQ(tokens.next_word().token, Token::kEof);
}

TEST(TokenStream, TakesNothingWhereItDoesNotAccept) {
    TokenStream tokens("  FROM m", kNone);
    EXPECT_FALSE(tokens.accept(Token::kWhere));
    EXPECT_TRUE(tokens.accept(Token::kFrom));
    EXPECT_EQ(tokens.next_word().literal, "m");
}

TEST(TokenStream, SaysWhatItExpectedAndWhere) {
    TokenStream tokens("SELECT\n  v", kNone);
    ASSERT_TRUE(tokens.expect(Token::kSelect).ok());
    const auto refused = tokens.expect(Token::kFrom);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(refused.error().message, "found v, expected FROM at line 2, char 3");
    EXPECT_EQ(unexpected({Token::kEof, {2, 7}, ""}, {"A", "B", "C"}).message,
              "found EOF, expected A, B, C at line 3, char 8");
}

TEST(TokenStream, HidesWhatMayBeAPasswordUntilItIsToldOtherwise) {
    TokenStream tokens("a b c", kNone);
    tokens.set_secret(true);
    EXPECT_EQ(tokens.next_word().found(), "[REDACTED]");
    EXPECT_EQ(unexpected(tokens.next_word(), {"x"}).message,
              "found [REDACTED], expected x at line 1, char 3");
    tokens.set_secret(false);
    EXPECT_EQ(tokens.next_word().found(), "c");
}

TEST(TokenStream, PutsTheValueInThePlaceOfAParameter) {
    using Kind = BoundParameter::Kind;
    const BoundParameters parameters = {
        {"name", {Kind::kIdentifier, "select"}},
        {"text", {Kind::kString, "from"}},
        {"regex", {Kind::kRegex, "^a"}},
        {"number", {Kind::kNumber, "1.5"}},
        {"integer", {Kind::kInteger, "-7"}},
        {"yes", {Kind::kTrue, ""}},
        {"no", {Kind::kFalse, ""}},
        {"step", {Kind::kDuration, "5m"}},
        {"bad", {Kind::kError, "why not"}},
    };
    const struct {
        std::string_view text;
        Token token;
        std::string_view literal;
    } kCases[] = {
        {"$name", Token::kIdent, "select"},
        {"$text", Token::kString, "from"},
        {"$regex", Token::kRegex, "^a"},
        {"$number", Token::kNumber, "1.5"},
        {"$integer", Token::kInteger, "-7"},
        {"$yes", Token::kTrue, ""},
        {"$no", Token::kFalse, ""},
        {"$step", Token::kDurationValue, "5m"},
        {"$bad", Token::kBoundParam, "why not"},
        {"$none", Token::kBoundParam, "$none"},
        {"$", Token::kBoundParam, "$"},
        {"$\"text\"", Token::kString, "from"},
    };
    for (const auto& c : kCases) {
        TokenStream tokens(c.text, parameters);
        const Lexeme found = tokens.next();
        EXPECT_EQ(found.token, c.token) << c.text;
        EXPECT_EQ(found.literal, c.literal) << c.text;
        // The value stands there again when the token has been taken back.
        tokens.back();
        EXPECT_EQ(tokens.next().literal, c.literal) << c.text;
    }
    TokenStream tokens("x", parameters);
    EXPECT_EQ(tokens.find_parameter("$"), nullptr);
    EXPECT_EQ(tokens.find_parameter(""), nullptr);
    EXPECT_EQ(tokens.find_parameter("$text")->text, "from");
}

TEST(TokenStream, ReadsCharactersBehindWhatWasTakenBack) {
    TokenStream tokens("a./x/", kNone);
    EXPECT_EQ(tokens.next().literal, "a");
    EXPECT_EQ(tokens.next().token, Token::kDot);
    EXPECT_EQ(tokens.peek_character(), U'/');
    EXPECT_EQ(tokens.next_regex().literal, "x");
    tokens.back();
    EXPECT_EQ(tokens.next().token, Token::kRegex);
    tokens.skip_whitespace();
    EXPECT_EQ(tokens.next().token, Token::kEof);
}

}  // namespace
}  // namespace sluice::influxql
