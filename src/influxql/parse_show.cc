// These are the parser's rules for SHOW statements that have clauses.
#include "influxql/statement_parser.h"

namespace sluice::influxql {

Result<void> StatementParser::parse_show_head(ShowClauses& clauses, bool sources) {
    if (tokens_.accept(Token::kOn)) {
        SLUICE_TRY(clauses.database, parse_identifier());
    }
    if (sources && tokens_.accept(Token::kFrom)) {
        SLUICE_TRY(clauses.sources, parse_sources(false));
    }
    return {};
}

// Which clauses a statement takes differs, and a clause that it does not take is an error at its
// keyword: "found ORDER, expected ;".
Result<void> StatementParser::parse_show_tail(ShowClauses& clauses, ClauseSet wanted) {
    if (wanted.condition) {
        SLUICE_TRY(clauses.condition, parse_condition());
    }
    if (wanted.dimensions) {
        SLUICE_TRY(clauses.dimensions, parse_dimensions());
    }
    if (wanted.order_by) {
        SLUICE_TRY(clauses.sort_fields, parse_order_by());
    }
    SLUICE_TRY(clauses.limit, parse_optional_number(Token::kLimit));
    SLUICE_TRY(clauses.offset, parse_optional_number(Token::kOffset));
    if (wanted.series_limits) {
        SLUICE_TRY(clauses.series_limit, parse_optional_number(Token::kSlimit));
        SLUICE_TRY(clauses.series_offset, parse_optional_number(Token::kSoffset));
    }
    return {};
}

Result<ShowClauses> StatementParser::parse_show_clauses(ClauseSet wanted) {
    ShowClauses clauses;
    SLUICE_TRY_VOID(parse_show_head(clauses, wanted.sources));
    SLUICE_TRY_VOID(parse_show_tail(clauses, wanted));
    return clauses;
}

Result<Statement> StatementParser::parse_cardinality(ShowCardinalityStatement::Kind kind,
                                                     bool exact) {
    ShowCardinalityStatement show{kind, exact, {}, {}};
    SLUICE_TRY_VOID(parse_show_head(show.clauses, true));
    if (kind == ShowCardinalityStatement::Kind::kTagValues) {
        SLUICE_TRY(show.filter, parse_tag_key_filter());
    }
    SLUICE_TRY_VOID(parse_show_tail(show.clauses, {.dimensions = true, .order_by = false}));
    return Statement(std::move(show));
}

// SHOW TAG KEY and SHOW FIELD KEY are always about cardinality.
Result<Statement> StatementParser::parse_key_cardinality(ShowCardinalityStatement::Kind kind) {
    const bool exact = tokens_.accept(Token::kExact);
    const Lexeme found = tokens_.next_word();
    if (found.token != Token::kCardinality) {
        return exact ? unexpected(found, {"CARDINALITY"})
                     : unexpected(found, {"EXACT", "CARDINALITY"});
    }
    return parse_cardinality(kind, exact);
}

Result<Statement> StatementParser::parse_show_series() {
    const bool exact = tokens_.accept(Token::kExact);
    if (tokens_.accept(Token::kCardinality)) {
        return parse_cardinality(ShowCardinalityStatement::Kind::kSeries, exact);
    }
    SLUICE_TRY(ShowClauses clauses, parse_show_clauses({}));
    return Statement(ShowSeriesStatement{std::move(clauses)});
}

Result<Statement> StatementParser::parse_show_measurement_cardinality() {
    const Lexeme found = tokens_.next_word();
    if (found.token != Token::kExact && found.token != Token::kCardinality) {
        return unexpected(found, {"EXACT", "CARDINALITY"});
    }
    const bool exact = found.token == Token::kExact;
    if (exact) {
        SLUICE_TRY_VOID(tokens_.expect(Token::kCardinality));
    }
    return parse_cardinality(ShowCardinalityStatement::Kind::kMeasurement, exact);
}

// ON db, db.rp, db.*, *.*; which of them go together is said when the statement runs. The sentences
// are those of 1.8, which knows the first alone.
Result<void> StatementParser::parse_measurements_place(ShowMeasurementsStatement& show) {
    if (!tokens_.accept(Token::kOn)) return {};
    const Lexeme database = tokens_.next_word();
    show.every_database = database.token == Token::kMul;
    if (!show.every_database && database.token != Token::kIdent) {
        return unexpected(database, {"identifier"});
    }
    if (!show.every_database) show.clauses.database = database.literal;
    if (!tokens_.accept(Token::kDot)) return {};
    const Lexeme policy = tokens_.next_word();
    show.every_policy = policy.token == Token::kMul;
    if (!show.every_policy && policy.token != Token::kIdent) {
        return unexpected(policy, {"identifier"});
    }
    if (!show.every_policy) show.retention_policy = policy.literal;
    return {};
}

Result<Statement> StatementParser::parse_show_measurements() {
    ShowMeasurementsStatement show;
    SLUICE_TRY_VOID(parse_measurements_place(show));
    if (tokens_.accept(Token::kWith)) {
        SLUICE_TRY_VOID(tokens_.expect(Token::kMeasurement));
        const Lexeme op = tokens_.next_word();
        if (op.token != Token::kEq && op.token != Token::kEqRegex) {
            return unexpected(op, {"=", "=~"});
        }
        SLUICE_TRY(Source source, parse_source(false));
        show.clauses.sources.push_back(std::move(source));
    }
    SLUICE_TRY_VOID(parse_show_tail(show.clauses, {}));
    return Statement(std::move(show));
}

Result<Statement> StatementParser::parse_show_field() {
    const Lexeme found = tokens_.next_word();
    if (found.token == Token::kKey) {
        return parse_key_cardinality(ShowCardinalityStatement::Kind::kFieldKey);
    }
    if (found.token != Token::kKeys) return unexpected(found, {"KEY", "KEYS"});
    SLUICE_TRY(ShowClauses clauses, parse_show_clauses({.condition = false}));
    return Statement(ShowFieldKeysStatement{std::move(clauses)});
}

Result<Statement> StatementParser::parse_show_tag() {
    const Lexeme found = tokens_.next_word();
    switch (found.token) {
        case Token::kKey:
            return parse_key_cardinality(ShowCardinalityStatement::Kind::kTagKey);
        case Token::kKeys:
            return parse_show_tag_keys();
        case Token::kValues:
            return parse_show_tag_values();
        default:
            return unexpected(found, {"KEY", "KEYS", "VALUES"});
    }
}

namespace {

Expr tag_key_comparison(Operator op, Expr value) {
    return {BinaryExpr{op, ExprBox(Expr{VarRef{"_tagKey"}}), ExprBox(std::move(value))}};
}

Expr parenthesized(Expr expr) {
    return {ParenExpr{ExprBox(std::move(expr))}};
}

// WITH KEY as a condition on `_tagKey`, which InfluxDB's rewriter makes of it
// (query/statement_rewriter.go: rewriteTagKeyCondition).
Expr condition_of(TagKeyFilter filter) {
    using Kind = TagKeyFilter::Kind;
    if (filter.regex) {
        const bool wanted = filter.kind == Kind::kMatches;
        return tag_key_comparison(wanted ? Operator::kMatches : Operator::kNotMatches,
                                  {RegexLiteral{*std::move(filter.regex)}});
    }
    const Operator op = filter.kind == Kind::kNotEqual ? Operator::kNotEqual : Operator::kEqual;
    Expr condition = tag_key_comparison(op, {StringLiteral{filter.keys.front()}});
    for (std::size_t i = 1; i < filter.keys.size(); ++i) {
        condition = {BinaryExpr{Operator::kOr, ExprBox(std::move(condition)),
                                ExprBox(tag_key_comparison(op, {StringLiteral{filter.keys[i]}}))}};
    }
    return condition;
}

}  // namespace

// WITH KEY came with InfluxDB 1.9. It is kept as the condition that it means.
Result<Statement> StatementParser::parse_show_tag_keys() {
    ShowClauses clauses;
    SLUICE_TRY_VOID(parse_show_head(clauses, true));
    std::optional<TagKeyFilter> filter;
    if (tokens_.accept(Token::kWith)) {
        tokens_.back();
        SLUICE_TRY(filter, parse_tag_key_filter());
    }
    SLUICE_TRY_VOID(parse_show_tail(clauses, {.series_limits = true}));
    if (!filter) return Statement(ShowTagKeysStatement{std::move(clauses)});
    Expr wanted = condition_of(*std::move(filter));
    if (clauses.condition) {
        wanted = {BinaryExpr{Operator::kAnd, ExprBox(parenthesized(std::move(wanted))),
                             ExprBox(parenthesized(std::move(*clauses.condition)))}};
    }
    clauses.condition = ExprBox(std::move(wanted));
    return Statement(ShowTagKeysStatement{std::move(clauses)});
}

Result<Statement> StatementParser::parse_show_tag_values() {
    if (tokens_.accept(Token::kExact)) {
        SLUICE_TRY_VOID(tokens_.expect(Token::kCardinality));
        return parse_cardinality(ShowCardinalityStatement::Kind::kTagValues, true);
    }
    if (tokens_.accept(Token::kCardinality)) {
        return parse_cardinality(ShowCardinalityStatement::Kind::kTagValues, false);
    }
    ShowTagValuesStatement show;
    SLUICE_TRY_VOID(parse_show_head(show.clauses, true));
    SLUICE_TRY(show.filter, parse_tag_key_filter());
    SLUICE_TRY_VOID(parse_show_tail(show.clauses, {}));
    return Statement(std::move(show));
}

Result<TagKeyFilter> StatementParser::parse_tag_key_filter() {
    SLUICE_TRY_VOID(tokens_.expect(Token::kWith));
    SLUICE_TRY_VOID(tokens_.expect(Token::kKey));
    TagKeyFilter filter;
    const Lexeme op = tokens_.next_word();
    switch (op.token) {
        case Token::kIn: {
            filter.kind = TagKeyFilter::Kind::kIn;
            SLUICE_TRY_VOID(tokens_.expect(Token::kLeftParen));
            SLUICE_TRY(filter.keys, parse_identifier_list());
            SLUICE_TRY_VOID(tokens_.expect(Token::kRightParen));
            return filter;
        }
        case Token::kEq:
        case Token::kNeq: {
            filter.kind =
                op.token == Token::kEq ? TagKeyFilter::Kind::kEqual : TagKeyFilter::Kind::kNotEqual;
            SLUICE_TRY(std::string key, parse_identifier());
            filter.keys.push_back(std::move(key));
            return filter;
        }
        case Token::kEqRegex:
        case Token::kNeqRegex: {
            filter.kind = op.token == Token::kEqRegex ? TagKeyFilter::Kind::kMatches
                                                      : TagKeyFilter::Kind::kNotMatches;
            SLUICE_TRY(filter.regex, parse_required_regex());
            return filter;
        }
        default:
            return unexpected(op, {"IN", "=", "=~"});
    }
}

Result<std::string> StatementParser::parse_optional_module() {
    if (!tokens_.accept(Token::kFor)) return std::string();
    return parse_text();
}

}  // namespace sluice::influxql
