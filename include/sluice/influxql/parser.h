// InfluxQL text to statements. The grammar is in src/influxql/GRAMMAR.md; error texts, with line
// and character, are those of InfluxDB's parser.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"

namespace sluice::influxql {

// The value of a $name in the text.
struct BoundParameter {
    enum class Kind : std::uint8_t {
        kIdentifier,
        kString,
        kRegex,
        kNumber,
        kInteger,
        kTrue,
        kFalse,
        kDuration,
        kError,  // using it is an error; `text` says why
    };
    Kind kind = Kind::kString;
    std::string text;
};
using BoundParameters = std::map<std::string, BoundParameter, std::less<>>;

// Bounds of what a text may ask for. Trees are walked recursively, by this room and by those above
// it, so all paths of a tree together are bounded and not only those of one pair of parentheses: no
// path of an expression is longer than kExpressionLevelsMax nodes. A walk of such a tree takes some
// megabytes of stack; what runs statements has io::kCoreStackBytes.

// Parentheses, calls and signs around an operand.
inline constexpr int kExpressionNestingMax = 500;
// Operators of an expression, in parentheses or not. A chain of operators is a tree as deep as the
// chain is long: dashboards send thousands of `host = '…' OR`.
inline constexpr int kExpressionOperatorsMax = 10'000;
// An operator is one level; an operand in parentheses, or one with a sign, may be two.
inline constexpr int kExpressionLevelsMax = kExpressionOperatorsMax + 2 * kExpressionNestingMax;
// Operands and operators of all statements of a text.
inline constexpr int kExpressionNodesMax = 200'000;
// Instructions of all regular expressions of a text; one that stands there several times counts
// once. An alternation of 5,000 host names has about 50,000.
inline constexpr std::size_t kRegexProgramMax = 500'000;
// SELECTs around a SELECT.
inline constexpr int kSubqueryNestingMax = 50;

// A check says what is wrong with a statement that the grammar allows.
using StatementCheck = std::function<Result<void>(const Statement&)>;

// Parses all statements of `text`, separated by semicolons; an empty text has none. The error is
// kInvalid and its message the sentence InfluxDB puts behind "error parsing query: ". `check` sees
// each statement before the text behind it is read: the first error counts.
Result<std::vector<Statement>> parse_query(std::string_view text,
                                           const BoundParameters& parameters = {},
                                           const StatementCheck& check = {});

Result<Expr> parse_expression(std::string_view text);

}  // namespace sluice::influxql
