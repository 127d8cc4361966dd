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

// Expressions nested deeper than this are refused: the tree is walked recursively.
inline constexpr int kExpressionDepthMax = 500;

// What is wrong with a statement that the grammar allows.
using StatementCheck = std::function<Result<void>(const Statement&)>;

// All statements of `text`, separated by semicolons; none for an empty text.
// The error is kInvalid and its message the sentence InfluxDB puts behind "error parsing query: ".
// `check` sees each statement before the text behind it is read: the first error counts.
Result<std::vector<Statement>> parse_query(std::string_view text,
                                           const BoundParameters& parameters = {},
                                           const StatementCheck& check = {});

Result<Expr> parse_expression(std::string_view text);

}  // namespace sluice::influxql
