// These are the parser's rules for expressions, calls, references and regular expressions.
#include <charconv>
#include <limits>

#include "influxql/go_integers.h"
#include "influxql/statement_parser.h"
#include "sluice/base/check.h"
#include "sluice/influxql/duration.h"

namespace sluice::influxql {
namespace {

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

// Where a new operator goes: below the last operand of every operator that binds looser.
void insert_operation(Expr& root, Operator op, Expr right) {
    Expr* node = &root;
    for (;;) {
        auto* binary = node->as<BinaryExpr>();
        if (binary == nullptr || operator_precedence(binary->op) >= operator_precedence(op)) break;
        node = binary->right.get();
    }
    Expr left = std::move(*node);
    *node = BinaryExpr{op, std::move(left), std::move(right)};
}

}  // namespace

// The grammar has no levels of precedence: operands and operators come one after the other, and
// each new operator finds its place in the tree by insert_operation() (influxql/parser.go:
// ParseExpr). So a long chain costs no recursion here; only parentheses, calls and signs do, and
// both are counted.
Result<Expr> StatementParser::parse_expression() {
    if (nesting_ == 0) operators_ = 0;
    SLUICE_TRY(Expr root, parse_unary());
    for (;;) {
        const std::optional<Operator> op = operator_of(tokens_.next_word().token);
        if (!op) {
            tokens_.back();
            return root;
        }
        if (++operators_ > kExpressionOperatorsMax) {
            return Error{ErrorKind::kTooLarge, "expression has too many operators"};
        }
        SLUICE_TRY_VOID(count_node());
        if (*op == Operator::kMatches || *op == Operator::kNotMatches) {
            SLUICE_TRY(Regex regex, parse_required_regex());
            insert_operation(root, *op, RegexLiteral{std::move(regex)});
        } else {
            SLUICE_TRY(Expr right, parse_unary());
            insert_operation(root, *op, std::move(right));
        }
    }
}

// One count for the whole text, because what runs statements holds the trees of all of them at
// once.
Result<void> StatementParser::count_node() {
    if (++nodes_ <= kExpressionNodesMax) return {};
    return Error{ErrorKind::kTooLarge, "query has too many expressions"};
}

// An error ends the whole text: the counters need not be set back then.
Result<Expr> StatementParser::parse_unary() {
    SLUICE_TRY_VOID(count_node());
    if (++nesting_ > kExpressionNestingMax) {
        return Error{ErrorKind::kTooLarge, "expression is nested too deeply"};
    }
    Result<Expr> parsed = parse_unary_inner();
    SLUICE_CHECK(nesting_ > 0);
    --nesting_;
    return parsed;
}

Result<Expr> StatementParser::parse_unary_inner() {
    const Lexeme found = tokens_.next_word();
    switch (found.token) {
        case Token::kLeftParen:
            return parse_parenthesis();
        case Token::kIdent:
            if (tokens_.next().token == Token::kLeftParen) return parse_call(found.literal);
            tokens_.back();
            tokens_.back();
            return parse_reference();
        case Token::kDistinct:
            return parse_distinct();
        case Token::kString:
            return Expr(StringLiteral{found.literal});
        case Token::kNumber:
        case Token::kInteger:
            return parse_number(found);
        case Token::kTrue:
        case Token::kFalse:
            return Expr(BooleanLiteral{found.token == Token::kTrue});
        case Token::kDurationValue: {
            SLUICE_TRY(const std::int64_t duration, parse_duration(found.literal));
            return Expr(DurationLiteral{duration});
        }
        case Token::kMul:
            return parse_wildcard();
        case Token::kRegex: {
            SLUICE_TRY(Regex regex, compile_regex(found.literal, found.position));
            return Expr(RegexLiteral{std::move(regex)});
        }
        case Token::kBoundParam:
            return bound_parameter_error(found);
        case Token::kAdd:
        case Token::kSub:
            return parse_signed(found.token);
        default:
            return unexpected(found, {"identifier", "string", "number", "bool"});
    }
}

Result<Expr> StatementParser::parse_parenthesis() {
    SLUICE_TRY(Expr inner, parse_expression());
    const Lexeme closing = tokens_.next_word();
    if (closing.token != Token::kRightParen) return unexpected(closing, {")"});
    return Expr(ParenExpr{std::move(inner)});
}

// The scanner lets only digits and a dot through, so what fails here is out of range. Integers
// beyond int64 become unsigned ones, as in InfluxDB; a sign before them is looked at by
// parse_signed().
Result<Expr> StatementParser::parse_number(const Lexeme& lexeme) {
    const char* begin = lexeme.literal.data();
    const char* end = begin + lexeme.literal.size();
    if (lexeme.token == Token::kNumber) {
        double value = 0;
        if (std::from_chars(begin, end, value).ec != std::errc{}) {
            return error_at("unable to parse number", lexeme.position);
        }
        return Expr(NumberLiteral{value});
    }
    std::int64_t value = 0;
    if (std::from_chars(begin, end, value).ec == std::errc{}) return Expr(IntegerLiteral{value});
    std::uint64_t large = 0;
    if (std::from_chars(begin, end, large).ec == std::errc{}) return Expr(UnsignedLiteral{large});
    return error_at("unable to parse integer", lexeme.position);
}

Result<Expr> StatementParser::parse_wildcard() {
    if (tokens_.next().token != Token::kDoubleColon) {
        tokens_.back();
        return Expr(Wildcard{});
    }
    const Lexeme kind = tokens_.next();
    if (kind.token == Token::kField) return Expr(Wildcard{WildcardKind::kFields});
    if (kind.token == Token::kTag) return Expr(Wildcard{WildcardKind::kTags});
    return unexpected(kind, {"field", "tag"});
}

Result<Expr> StatementParser::parse_distinct() {
    const Lexeme next = tokens_.next();
    if (next.token == Token::kLeftParen) return parse_call("distinct");
    if (next.token == Token::kWhitespace) {
        SLUICE_TRY(std::string name, parse_identifier());
        return Expr(Distinct{std::move(name)});
    }
    return unexpected(next, {"(", "identifier"});
}

// A sign becomes part of a literal, and else a multiplication by 1 or -1, which is what InfluxDB
// makes of it.
Result<Expr> StatementParser::parse_signed(Token sign) {
    const Lexeme next = tokens_.next_word();
    switch (next.token) {
        case Token::kNumber:
        case Token::kInteger:
        case Token::kDurationValue:
        case Token::kLeftParen:
        case Token::kIdent:
            break;
        default:
            return unexpected(next, {"identifier", "number", "duration", "("});
    }
    tokens_.back();
    SLUICE_TRY(Expr operand, parse_unary());
    // A bound parameter may be any number, also the smallest, whose negative does not exist: it
    // wraps around.
    const std::int64_t factor = sign == Token::kSub ? -1 : 1;
    if (auto* number = operand.as<NumberLiteral>()) {
        number->value *= static_cast<double>(factor);
    } else if (auto* integer = operand.as<IntegerLiteral>()) {
        integer->value = wrapping_multiply(integer->value, factor);
    } else if (auto* duration = operand.as<DurationLiteral>()) {
        duration->nanoseconds = wrapping_multiply(duration->nanoseconds, factor);
    } else if (const auto* large = operand.as<UnsignedLiteral>()) {
        constexpr std::uint64_t kMinInt64Magnitude = std::uint64_t{1} << 63;
        if (factor < 0) {
            if (large->value == kMinInt64Magnitude) {
                return Expr(IntegerLiteral{std::numeric_limits<std::int64_t>::min()});
            }
            return Error{ErrorKind::kInvalid,
                         "constant -" + std::to_string(large->value) + " underflows int64"};
        }
    } else {
        return Expr(
            BinaryExpr{Operator::kMultiply, Expr(IntegerLiteral{factor}), std::move(operand)});
    }
    return operand;
}

// A parameter that reaches the parser as such has no value, or one that cannot be bound. The
// sentences differ, and both name the parameter without its dollar.
Error StatementParser::bound_parameter_error(const Lexeme& lexeme) const {
    const std::string name = lexeme.literal.empty() ? "" : lexeme.literal.substr(1);
    if (const BoundParameter* bound = tokens_.find_parameter(lexeme.literal)) {
        return {ErrorKind::kInvalid, bound->text};
    }
    if (lexeme.literal.empty() || lexeme.literal[0] != '$') {
        // A parameter whose value is an error: InfluxDB looks for one that is called so.
        return {ErrorKind::kInvalid, "missing parameter: " + lexeme.literal};
    }
    if (name.empty()) return {ErrorKind::kInvalid, "empty bound parameter"};
    return {ErrorKind::kInvalid, "missing parameter: " + name};
}

Result<std::optional<Expr>> StatementParser::parse_call_argument() {
    SLUICE_TRY(std::optional<Regex> regex, parse_regex());
    if (regex) return std::optional<Expr>(RegexLiteral{std::move(*regex)});
    return std::optional<Expr>();
}

Result<Expr> StatementParser::parse_call(std::string_view name) {
    Call call{to_lower(name), {}};
    SLUICE_TRY(std::optional<Expr> first, parse_call_argument());
    if (!first) {
        if (tokens_.next().token == Token::kRightParen) return Expr(std::move(call));
        tokens_.back();
        SLUICE_TRY(Expr argument, parse_expression());
        first = std::move(argument);
    }
    call.arguments.push_back(std::move(*first));
    while (tokens_.accept(Token::kComma)) {
        SLUICE_TRY(std::optional<Expr> argument, parse_call_argument());
        if (!argument) {
            SLUICE_TRY(Expr expression, parse_expression());
            argument = std::move(expression);
        }
        call.arguments.push_back(std::move(*argument));
    }
    const Lexeme closing = tokens_.next();
    if (closing.token != Token::kRightParen) return unexpected(closing, {")"});
    return Expr(std::move(call));
}

Result<Expr> StatementParser::parse_reference() {
    SLUICE_TRY(const std::vector<std::string> segments, parse_segments());
    VarRef reference;
    for (const std::string& segment : segments) {
        if (&segment != &segments.front()) reference.name += '.';
        reference.name += segment;
    }
    if (tokens_.next().token != Token::kDoubleColon) {
        tokens_.back();
        return Expr(std::move(reference));
    }
    const Lexeme type = tokens_.next();
    if (type.token == Token::kField) {
        reference.type = DataType::kAnyField;
    } else if (type.token == Token::kTag) {
        reference.type = DataType::kTag;
    } else if (type.token == Token::kIdent) {
        const std::string name = to_lower(type.literal);
        for (const DataType candidate : {DataType::kFloat, DataType::kInteger, DataType::kUnsigned,
                                         DataType::kString, DataType::kBoolean}) {
            if (name == data_type_name(candidate)) reference.type = candidate;
        }
        if (reference.type == DataType::kUnknown) {
            return unexpected(
                type, {"float", "integer", "unsigned", "string", "boolean", "field", "tag"});
        }
    } else {
        return unexpected(type, {"float", "integer", "string", "boolean", "field", "tag"});
    }
    return Expr(std::move(reference));
}

// Whether a slash begins a regular expression is decided by what is asked for and not by the slash.
// Characters are looked at before a token is scanned, since the scanner would make a division of
// it. A bound parameter may stand for one as well.
Result<std::optional<Regex>> StatementParser::parse_regex() {
    const char32_t first = tokens_.peek_character();
    if (first == ' ' || first == '\t' || first == '\n') tokens_.skip_whitespace();
    const char32_t next = tokens_.peek_character();
    if (next == '$') {
        const Token token = tokens_.next().token;
        tokens_.back();
        if (token != Token::kRegex) return std::optional<Regex>();
    } else if (next != '/') {
        return std::optional<Regex>();
    }
    const Lexeme found = tokens_.next_regex();
    if (found.token == Token::kBadRegex) {
        return error_at("bad regex: " + found.literal, found.position);
    }
    if (found.token != Token::kRegex) return unexpected(found, {"regex"});
    SLUICE_TRY(Regex regex, compile_regex(found.literal, found.position));
    return std::optional<Regex>(std::move(regex));
}

// Compiling is what a regular expression costs, so an equal one is compiled once for a text. RE2
// matches in linear time whatever the expression; what a client could take is memory, which the
// number of instructions bounds.
Result<Regex> StatementParser::compile_regex(const std::string& pattern, Position position) {
    const auto known = regexes_.find(pattern);
    if (known != regexes_.end()) return known->second;
    Result<Regex> regex = Regex::compile(pattern);
    if (!regex.ok()) return error_at(regex.error().message, position);
    regex_program_ += regex->program_size();
    if (regex_program_ > kRegexProgramMax) {
        return Error{ErrorKind::kTooLarge, "query has too many or too large regular expressions"};
    }
    regexes_.emplace(pattern, *regex);
    return regex;
}

Result<Regex> StatementParser::parse_required_regex() {
    SLUICE_TRY(std::optional<Regex> regex, parse_regex());
    if (!regex) return unexpected(tokens_.next_word(), {"regex"});
    return std::move(*regex);
}

}  // namespace sluice::influxql
