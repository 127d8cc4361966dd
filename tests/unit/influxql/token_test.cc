#include "influxql/token.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice::influxql {
namespace {

constexpr auto kFirstKeyword = static_cast<int>(Token::kAll);
constexpr auto kLastKeyword = static_cast<int>(Token::kWrite);

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

TEST(Token, IsFoundByItsKeywordInAnyCase) {
    for (int i = kFirstKeyword; i <= kLastKeyword; ++i) {
        const auto token = static_cast<Token>(i);
        const std::string_view text = token_text(token);
        ASSERT_FALSE(text.empty()) << i;
        EXPECT_EQ(lookup_keyword(text), token) << text;
        EXPECT_EQ(lookup_keyword(lower(text)), token) << text;
        std::string mixed = lower(text);
        mixed.back() = text.back();
        EXPECT_EQ(lookup_keyword(mixed), token) << mixed;
    }
    EXPECT_EQ(lookup_keyword("and"), Token::kAnd);
    EXPECT_EQ(lookup_keyword("Or"), Token::kOr);
    EXPECT_EQ(lookup_keyword("true"), Token::kTrue);
    EXPECT_EQ(lookup_keyword("FALSE"), Token::kFalse);
}

TEST(Token, IsANameWhereALetterIsMissingOrTooMany) {
    std::set<std::string_view> keywords = {"AND", "OR", "TRUE", "FALSE"};
    for (int i = kFirstKeyword; i <= kLastKeyword; ++i) {
        keywords.insert(token_text(static_cast<Token>(i)));
    }
    for (const std::string_view word : keywords) {
        const std::string shorter(word.substr(0, word.size() - 1));
        if (!keywords.contains(shorter)) {
            EXPECT_EQ(lookup_keyword(shorter), Token::kIdent) << shorter;
        }
        for (const char c : {'S', 's', '_', 'A', '0', '\0', ' '}) {
            const std::string longer = std::string(word) + c;
            const bool known = keywords.contains(longer) ||
                               (c == 's' && keywords.contains(std::string(word) + 'S'));
            if (!known) {
                EXPECT_EQ(lookup_keyword(longer), Token::kIdent) << longer;
            }
        }
    }
    EXPECT_EQ(lookup_keyword(""), Token::kIdent);
    EXPECT_EQ(lookup_keyword(std::string(100'000, 'A')), Token::kIdent);
    // Only ASCII letters have another case: K, the sign of Kelvin, is no K.
    EXPECT_EQ(lookup_keyword("\xE2\x84\xAA"
                             "EY"),
              Token::kIdent);
}

TEST(Token, OfAnOperatorNamesThatOperator) {
    std::set<std::string_view> texts;
    for (int i = 0; i <= static_cast<int>(Operator::kGreaterOrEqual); ++i) {
        const auto op = static_cast<Operator>(i);
        const auto token = static_cast<Token>(static_cast<int>(Token::kAdd) + i);
        ASSERT_EQ(operator_of(token), op);
        EXPECT_EQ(operator_text(op), token_text(token));
        EXPECT_TRUE(texts.insert(operator_text(op)).second) << operator_text(op);
    }
    EXPECT_EQ(operator_of(Token::kLeftParen), std::nullopt);
    EXPECT_EQ(operator_of(Token::kBadRegex), std::nullopt);
    EXPECT_EQ(operator_of(Token::kIllegal), std::nullopt);
    EXPECT_EQ(operator_of(Token::kWrite), std::nullopt);
    EXPECT_EQ(operator_text(Operator::kAdd), "+");
    EXPECT_EQ(operator_text(Operator::kOr), "OR");
    EXPECT_EQ(operator_text(Operator::kNotMatches), "!~");
    EXPECT_EQ(operator_text(Operator::kGreaterOrEqual), ">=");
}

TEST(Lexeme, ShowsItsTextUnlessThatMayBeAPassword) {
    EXPECT_EQ((Lexeme{Token::kIdent, {}, "cpu"}.found()), "cpu");
    EXPECT_EQ((Lexeme{Token::kIdent, {}, "cpu", true}.found()), "[REDACTED]");
    // A keyword carries no text and gives nothing away.
    EXPECT_EQ((Lexeme{Token::kSelect, {}, "", true}.found()), "SELECT");
    EXPECT_EQ((Lexeme{Token::kEof, {}, "", true}.found()), "EOF");
}

}  // namespace
}  // namespace sluice::influxql
