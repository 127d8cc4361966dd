// These are the parser's rules for SELECT and its clauses.
#include <charconv>
#include <limits>

#include "influxql/statement_parser.h"
#include "sluice/base/check.h"
#include "sluice/influxql/printer.h"

namespace sluice::influxql {
namespace {

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c =
            text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        if (c != lower[i]) return false;
    }
    return true;
}

Error plain_error(std::string message) {
    return {ErrorKind::kInvalid, std::move(message)};
}

// The first operator of WHERE clauses inside a field expression.
std::optional<Operator> find_condition_operator(const Expr& expr) {
    std::optional<Operator> found;
    walk(expr, [&](const Expr& node) {
        const auto* binary = node.as<BinaryExpr>();
        if (found || binary == nullptr) return;
        if (is_comparison(binary->op) || binary->op == Operator::kAnd ||
            binary->op == Operator::kOr) {
            found = binary->op;
        }
    });
    return found;
}

}  // namespace

// The clauses come in this order and no other. What a clause means together with another one
// (fill() without GROUP BY time(), say) is checked when the statement is compiled, as InfluxDB
// does, because the sentences are those of its compiler.
Result<SelectStatement> StatementParser::parse_select(bool target_required) {
    SelectStatement select;
    SLUICE_TRY(select.fields, parse_fields());
    SLUICE_TRY(select.target, parse_target(target_required));
    SLUICE_TRY_VOID(tokens_.expect(Token::kFrom));
    SLUICE_TRY(select.sources, parse_sources(true));
    SLUICE_TRY(select.condition, parse_condition());
    SLUICE_TRY(select.dimensions, parse_dimensions());
    SLUICE_TRY_VOID(parse_fill(select));
    SLUICE_TRY(select.sort_fields, parse_order_by());
    SLUICE_TRY(select.limit, parse_optional_number(Token::kLimit));
    SLUICE_TRY(select.offset, parse_optional_number(Token::kOffset));
    SLUICE_TRY(select.series_limit, parse_optional_number(Token::kSlimit));
    SLUICE_TRY(select.series_offset, parse_optional_number(Token::kSoffset));
    SLUICE_TRY_VOID(parse_time_zone(select));
    return select;
}

Result<ExplainStatement> StatementParser::parse_explain() {
    const bool analyze = tokens_.accept(Token::kAnalyze);
    SLUICE_TRY_VOID(tokens_.expect(Token::kSelect));
    SLUICE_TRY(SelectStatement select, parse_select(false));
    return ExplainStatement{analyze, std::move(select)};
}

// Blanks before a comma have been skipped by parse_field(), comments have not: InfluxDB is as
// strict.
Result<std::vector<Field>> StatementParser::parse_fields() {
    std::vector<Field> fields;
    do {
        SLUICE_TRY(Field field, parse_field());
        fields.push_back(std::move(field));
    } while (tokens_.next().token == Token::kComma);
    tokens_.back();
    return fields;
}

Result<Field> StatementParser::parse_field() {
    SLUICE_TRY(std::optional<Regex> regex, parse_regex());
    std::optional<Expr> expr;
    if (regex) {
        expr = RegexLiteral{std::move(*regex)};
    } else {
        const Position position = tokens_.next_word().position;
        tokens_.back();
        SLUICE_TRY(Expr parsed, parse_expression());
        if (const std::optional<Operator> op = find_condition_operator(parsed)) {
            return error_at_field(*op, position);
        }
        expr = std::move(parsed);
    }
    SLUICE_TRY(std::string alias, parse_alias());
    tokens_.skip_whitespace();
    return Field{std::move(*expr), std::move(alias)};
}

// The one sentence of the parser that says more behind the position than before it.
Error StatementParser::error_at_field(Operator op, Position position) {
    return plain_error("invalid operator " + std::string(operator_text(op)) +
                       " in SELECT clause at line " + std::to_string(position.line + 1) +
                       ", char " + std::to_string(position.character + 1) +
                       "; operator is intended for WHERE clause");
}

Result<std::string> StatementParser::parse_alias() {
    if (!tokens_.accept(Token::kAs)) return std::string();
    return parse_identifier();
}

// ":MEASUREMENT" stands for the name of each source, and is an empty name from here on.
Result<std::optional<Measurement>> StatementParser::parse_target(bool required) {
    const Lexeme into = tokens_.next_word();
    if (into.token != Token::kInto) {
        if (required) return unexpected(into, {"INTO"});
        tokens_.back();
        return std::optional<Measurement>();
    }
    SLUICE_TRY(std::vector<std::string> segments, parse_segments());
    if (segments.size() < 3 && tokens_.peek_character() == ':') {
        SLUICE_TRY_VOID(tokens_.expect(Token::kColon));
        SLUICE_TRY_VOID(tokens_.expect(Token::kMeasurement));
        segments.emplace_back();
    }
    Measurement target;
    target.name = std::move(segments.back());
    segments.pop_back();
    if (!segments.empty()) target.retention_policy = std::move(segments.back());
    if (segments.size() == 2) target.database = std::move(segments.front());
    return std::optional<Measurement>(std::move(target));
}

Result<std::vector<Source>> StatementParser::parse_sources(bool subqueries) {
    std::vector<Source> sources;
    do {
        SLUICE_TRY(Source source, parse_source(subqueries));
        sources.push_back(std::move(source));
    } while (tokens_.accept(Token::kComma));
    return sources;
}

// A source is a name of one to three segments, a regular expression in the place of the last of
// them, or a SELECT in parentheses. Deletes and SHOW take no SELECT.
Result<Source> StatementParser::parse_source(bool subqueries) {
    Measurement measurement;
    SLUICE_TRY(measurement.regex, parse_regex());
    if (measurement.regex) return Source{std::move(measurement)};
    if (subqueries && tokens_.accept(Token::kLeftParen)) {
        SLUICE_TRY_VOID(tokens_.expect(Token::kSelect));
        if (++subqueries_ > kSubqueryNestingMax) return plain_error("too many nested subqueries");
        SLUICE_TRY(SelectStatement select, parse_select(false));
        SLUICE_CHECK(subqueries_ > 0);
        --subqueries_;
        SLUICE_TRY_VOID(tokens_.expect(Token::kRightParen));
        return Source{Box<SelectStatement>(std::move(select))};
    }
    SLUICE_TRY(std::vector<std::string> segments, parse_segments());
    if (segments.size() < 3) {
        SLUICE_TRY(measurement.regex, parse_regex());
    }
    if (!measurement.regex) {
        measurement.name = std::move(segments.back());
        segments.pop_back();
    }
    if (!segments.empty()) {
        measurement.retention_policy = std::move(segments.back());
        segments.pop_back();
    }
    if (!segments.empty()) measurement.database = std::move(segments.back());
    return Source{std::move(measurement)};
}

Result<ExprBox> StatementParser::parse_condition() {
    if (!tokens_.accept(Token::kWhere)) return ExprBox();
    SLUICE_TRY(Expr condition, parse_expression());
    return ExprBox(std::move(condition));
}

Result<std::vector<Expr>> StatementParser::parse_dimensions() {
    std::vector<Expr> dimensions;
    if (!tokens_.accept(Token::kGroup)) return dimensions;
    SLUICE_TRY_VOID(tokens_.expect(Token::kBy));
    do {
        SLUICE_TRY(Expr dimension, parse_dimension());
        dimensions.push_back(std::move(dimension));
    } while (tokens_.next().token == Token::kComma);
    tokens_.back();
    return dimensions;
}

Result<Expr> StatementParser::parse_dimension() {
    SLUICE_TRY(std::optional<Regex> regex, parse_regex());
    if (regex) return Expr(RegexLiteral{std::move(*regex)});
    SLUICE_TRY(Expr dimension, parse_expression());
    tokens_.skip_whitespace();
    return dimension;
}

// fill() is no keyword, so that a field may be called so. It is read as any call, and its argument
// compared as it prints: "null" and "none" are names to the grammar.
Result<void> StatementParser::parse_fill(SelectStatement& select) {
    const Lexeme next = tokens_.next_word();
    tokens_.back();
    if (next.token != Token::kIdent || !equals_ignoring_case(next.literal, "fill")) return {};
    SLUICE_TRY(const Expr expr, parse_expression());
    const auto* call = expr.as<Call>();
    if (call == nullptr) return plain_error("fill must be a function call");
    if (call->arguments.size() != 1) {
        return plain_error("fill requires an argument, e.g.: 0, null, none, previous, linear");
    }
    const Expr& argument = call->arguments[0];
    const std::string text = to_string(argument);
    if (text == "null") return {};
    if (text == "none") {
        select.fill = FillOption::kNone;
    } else if (text == "previous") {
        select.fill = FillOption::kPrevious;
    } else if (text == "linear") {
        select.fill = FillOption::kLinear;
    } else if (const auto* integer = argument.as<IntegerLiteral>()) {
        select.fill = FillOption::kNumber;
        select.fill_value = integer->value;
    } else if (const auto* number = argument.as<NumberLiteral>()) {
        select.fill = FillOption::kNumber;
        select.fill_value = number->value;
    } else {
        return plain_error("expected number argument in fill()");
    }
    return {};
}

// Whether there is such a zone is asked when the statement is compiled: the parser reads no files.
Result<void> StatementParser::parse_time_zone(SelectStatement& select) {
    const Lexeme next = tokens_.next_word();
    tokens_.back();
    if (next.token != Token::kIdent || !equals_ignoring_case(next.literal, "tz")) return {};
    SLUICE_TRY(const Expr expr, parse_expression());
    const auto* call = expr.as<Call>();
    if (call == nullptr) return plain_error("tz must be a function call");
    if (call->arguments.size() != 1) return plain_error("tz requires exactly one argument");
    const auto* name = call->arguments[0].as<StringLiteral>();
    if (name == nullptr) return plain_error("expected string argument in tz()");
    select.time_zone = name->value;
    return {};
}

Result<std::int64_t> StatementParser::parse_optional_number(Token keyword) {
    if (!tokens_.accept(keyword)) return std::int64_t{0};
    const Lexeme found = tokens_.next_word();
    if (found.token != Token::kInteger) return unexpected(found, {"integer"});
    std::int64_t value = 0;
    const char* end = found.literal.data() + found.literal.size();
    if (std::from_chars(found.literal.data(), end, value).ec != std::errc{}) {
        value = std::numeric_limits<std::int64_t>::max();  // as strconv.ParseInt saturates
    }
    return value;
}

// The grammar has a list of fields, and InfluxDB refuses all but the time: first what is no list,
// then what is no time.
Result<std::vector<SortField>> StatementParser::parse_order_by() {
    std::vector<SortField> fields;
    if (!tokens_.accept(Token::kOrder)) return fields;
    SLUICE_TRY_VOID(tokens_.expect(Token::kBy));
    static constexpr char kOnlyTime[] = "only ORDER BY time supported at this time";
    const Lexeme first = tokens_.next_word();
    if (first.token == Token::kAsc || first.token == Token::kDesc) {
        fields.push_back({"", first.token == Token::kAsc});
    } else if (first.token == Token::kIdent) {
        tokens_.back();
        SLUICE_TRY(SortField field, parse_sort_field());
        if (field.name != "time") return plain_error(kOnlyTime);
        fields.push_back(std::move(field));
    } else {
        return unexpected(first, {"identifier", "ASC", "DESC"});
    }
    while (tokens_.accept(Token::kComma)) {
        SLUICE_TRY(SortField field, parse_sort_field());
        fields.push_back(std::move(field));
    }
    if (fields.size() > 1) return plain_error(kOnlyTime);
    return fields;
}

Result<SortField> StatementParser::parse_sort_field() {
    SLUICE_TRY(std::string name, parse_identifier());
    const Token direction = tokens_.next_word().token;
    if (direction != Token::kAsc && direction != Token::kDesc) tokens_.back();
    return SortField{std::move(name), direction != Token::kDesc};
}

}  // namespace sluice::influxql
