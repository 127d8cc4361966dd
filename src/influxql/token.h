// The tokens of InfluxQL and how error messages name them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/influxql/expr.h"

namespace sluice::influxql {

enum class Token : std::uint8_t {
    kIllegal,
    kEof,
    kWhitespace,
    kComment,

    kIdent,
    kBoundParam,
    kNumber,
    kInteger,
    kDurationValue,
    kString,
    kBadString,
    kBadEscape,
    kTrue,
    kFalse,
    kRegex,
    kBadRegex,

    // In the order of Operator.
    kAdd,
    kSub,
    kMul,
    kDiv,
    kMod,
    kBitAnd,
    kBitOr,
    kBitXor,
    kAnd,
    kOr,
    kEq,
    kNeq,
    kEqRegex,
    kNeqRegex,
    kLt,
    kLte,
    kGt,
    kGte,

    kLeftParen,
    kRightParen,
    kComma,
    kColon,
    kDoubleColon,
    kSemicolon,
    kDot,

    // Keywords, in alphabetical order from here to the end (kKeywordTexts).
    kAll,
    kAlter,
    kAnalyze,
    kAny,
    kAs,
    kAsc,
    kBegin,
    kBy,
    kCardinality,
    kContinuous,
    kCreate,
    kDatabase,
    kDatabases,
    kDefault,
    kDelete,
    kDesc,
    kDestinations,
    kDiagnostics,
    kDistinct,
    kDrop,
    kDuration,
    kEnd,
    kEvery,
    kExact,
    kExplain,
    kField,
    kFor,
    kFrom,
    kGrant,
    kGrants,
    kGroup,
    kGroups,
    kIn,
    kInf,
    kInsert,
    kInto,
    kKey,
    kKeys,
    kKill,
    kLimit,
    kMeasurement,
    kMeasurements,
    kName,
    kOffset,
    kOn,
    kOrder,
    kPassword,
    kPolicies,
    kPolicy,
    kPrivileges,
    kQueries,
    kQuery,
    kRead,
    kReplication,
    kResample,
    kRetention,
    kRevoke,
    kSelect,
    kSeries,
    kSet,
    kShard,
    kShards,
    kShow,
    kSlimit,
    kSoffset,
    kStats,
    kSubscription,
    kSubscriptions,
    kTag,
    kTo,
    kUser,
    kUsers,
    kValues,
    kWhere,
    kWith,
    kWrite,
};

// "SELECT", "=~", "EOF"; empty for tokens that InfluxDB does not name.
std::string_view token_text(Token token);

// The keyword, AND, OR, TRUE or FALSE that `word` spells in any case; else kIdent.
Token lookup_keyword(std::string_view word);

std::optional<Operator> operator_of(Token token);

// Zero based.
struct Position {
    std::uint32_t line = 0;
    std::uint32_t character = 0;
};

struct Lexeme {
    Token token = Token::kEof;
    Position position;
    std::string literal;
    // It may be a password, which no error message shows.
    bool secret = false;

    // What an error message says was found.
    std::string found() const {
        if (literal.empty()) return std::string(token_text(token));
        return secret ? "[REDACTED]" : literal;
    }
};

}  // namespace sluice::influxql
