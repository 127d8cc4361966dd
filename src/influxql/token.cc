#include "influxql/token.h"

#include <algorithm>
#include <array>

namespace sluice::influxql {
namespace {

// These tables are parallel to the enumerations: an entry's place is its token, and the operators'
// order is that of Operator, too. The assertions below hold their lengths together, and the
// keywords are sorted because they are searched by halves.
constexpr std::array<std::string_view, 18> kOperatorTexts = {
    "+",  "-", "*",  "/",  "%",  "&", "|",  "^", "AND",
    "OR", "=", "!=", "=~", "!~", "<", "<=", ">", ">="};

constexpr std::array<std::string_view, 7> kPunctuation = {"(", ")", ",", ":", "::", ";", "."};

constexpr std::array kKeywordTexts = std::to_array<std::string_view>(
    {"ALL",          "ALTER",        "ANALYZE",      "ANY",
     "AS",           "ASC",          "BEGIN",        "BY",
     "CARDINALITY",  "CONTINUOUS",   "CREATE",       "DATABASE",
     "DATABASES",    "DEFAULT",      "DELETE",       "DESC",
     "DESTINATIONS", "DIAGNOSTICS",  "DISTINCT",     "DROP",
     "DURATION",     "END",          "EVERY",        "EXACT",
     "EXPLAIN",      "FIELD",        "FOR",          "FROM",
     "GRANT",        "GRANTS",       "GROUP",        "GROUPS",
     "IN",           "INF",          "INSERT",       "INTO",
     "KEY",          "KEYS",         "KILL",         "LIMIT",
     "MEASUREMENT",  "MEASUREMENTS", "NAME",         "OFFSET",
     "ON",           "ORDER",        "PASSWORD",     "POLICIES",
     "POLICY",       "PRIVILEGES",   "QUERIES",      "QUERY",
     "READ",         "REPLICATION",  "RESAMPLE",     "RETENTION",
     "REVOKE",       "SELECT",       "SERIES",       "SET",
     "SHARD",        "SHARDS",       "SHOW",         "SLIMIT",
     "SOFFSET",      "STATS",        "SUBSCRIPTION", "SUBSCRIPTIONS",
     "TAG",          "TO",           "USER",         "USERS",
     "VALUES",       "WHERE",        "WITH",         "WRITE"});

constexpr auto kFirstOperator = static_cast<std::size_t>(Token::kAdd);
constexpr auto kFirstPunctuation = static_cast<std::size_t>(Token::kLeftParen);
constexpr auto kFirstKeyword = static_cast<std::size_t>(Token::kAll);

static_assert(kFirstPunctuation - kFirstOperator == kOperatorTexts.size());
static_assert(static_cast<std::size_t>(Operator::kGreaterOrEqual) + 1 == kOperatorTexts.size());
static_assert(std::ranges::is_sorted(kKeywordTexts), "lookup_keyword() searches by halves");
static_assert(kFirstKeyword - kFirstPunctuation == kPunctuation.size());
static_assert(static_cast<std::size_t>(Token::kWrite) - kFirstKeyword + 1 == kKeywordTexts.size());

// Only the names that InfluxDB prints. A token that has none always carries its text, which is
// shown instead.
std::string_view literal_token_text(Token token) {
    switch (token) {
        case Token::kIllegal:
            return "ILLEGAL";
        case Token::kEof:
            return "EOF";
        case Token::kWhitespace:
            return "WS";
        case Token::kIdent:
            return "IDENT";
        case Token::kNumber:
            return "NUMBER";
        case Token::kDurationValue:
            return "DURATIONVAL";
        case Token::kString:
            return "STRING";
        case Token::kBadString:
            return "BADSTRING";
        case Token::kBadEscape:
            return "BADESCAPE";
        case Token::kTrue:
            return "TRUE";
        case Token::kFalse:
            return "FALSE";
        case Token::kRegex:
            return "REGEX";
        default:
            return {};
    }
}

}  // namespace

std::string_view token_text(Token token) {
    const auto index = static_cast<std::size_t>(token);
    if (index >= kFirstKeyword) return kKeywordTexts[index - kFirstKeyword];
    if (index >= kFirstPunctuation) return kPunctuation[index - kFirstPunctuation];
    if (index >= kFirstOperator) return kOperatorTexts[index - kFirstOperator];
    return literal_token_text(token);
}

// Asked for every bare word of a text. Only ASCII letters have another case here, as in InfluxDB,
// whose keywords are folded by strings.ToLower() of words that the scanner lets through: letters,
// digits and underscores.
Token lookup_keyword(std::string_view word) {
    constexpr std::size_t kLongest = 13;  // SUBSCRIPTIONS
    static_assert(std::ranges::max(kKeywordTexts, {}, &std::string_view::size).size() == kLongest);
    if (word.empty() || word.size() > kLongest) return Token::kIdent;
    std::array<char, kLongest> upper{};
    std::transform(word.begin(), word.end(), upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const std::string_view key(upper.data(), word.size());
    if (key == "AND") return Token::kAnd;
    if (key == "OR") return Token::kOr;
    if (key == "TRUE") return Token::kTrue;
    if (key == "FALSE") return Token::kFalse;
    const auto* found = std::lower_bound(kKeywordTexts.begin(), kKeywordTexts.end(), key);
    if (found == kKeywordTexts.end() || *found != key) return Token::kIdent;
    return static_cast<Token>(kFirstKeyword +
                              static_cast<std::size_t>(found - kKeywordTexts.begin()));
}

std::optional<Operator> operator_of(Token token) {
    const auto index = static_cast<std::size_t>(token);
    if (index < kFirstOperator || index >= kFirstPunctuation) return std::nullopt;
    return static_cast<Operator>(index - kFirstOperator);
}

}  // namespace sluice::influxql
