// Recursive descent over a token stream; one member per rule of GRAMMAR.md.
//
// The order of look-aheads follows influxql/parser.go: error texts and positions depend on it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "influxql/token_stream.h"

namespace sluice::influxql {

class StatementParser {
public:
    StatementParser(std::string_view text, const BoundParameters& parameters)
        : tokens_(text, parameters) {}

    Result<std::vector<Statement>> parse_query(const StatementCheck& check);
    Result<Statement> parse_statement();
    Result<Expr> parse_expression();

private:
    // parse_statement.cc
    Result<Statement> parse_show();
    Result<Statement> parse_create();
    Result<Statement> parse_drop();

    // parse_expr.cc
    Result<Expr> parse_unary();
    Result<Expr> parse_unary_inner();
    Result<Expr> parse_signed(Token sign);
    Result<Expr> parse_number(const Lexeme& lexeme);
    Result<Expr> parse_wildcard();
    Result<Expr> parse_distinct();
    Result<Expr> parse_parenthesis();
    Result<Expr> parse_call(std::string_view name);
    Result<std::optional<Expr>> parse_call_argument();
    Result<Expr> parse_reference();
    Error bound_parameter_error(const Lexeme& lexeme) const;
    // The text of a regular expression, compiled; `position` is where it stands.
    Result<Regex> compile_regex(const std::string& pattern, Position position);
    // Empty where no regular expression follows.
    Result<std::optional<Regex>> parse_regex();
    // As above, but an error where none follows.
    Result<Regex> parse_required_regex();

    // parse_select.cc
    Result<SelectStatement> parse_select(bool target_required);
    Result<std::vector<Field>> parse_fields();
    Result<Field> parse_field();
    static Error error_at_field(Operator op, Position position);
    Result<std::string> parse_alias();
    Result<std::optional<Measurement>> parse_target(bool required);
    Result<std::vector<Source>> parse_sources(bool subqueries);
    Result<Source> parse_source(bool subqueries);
    Result<ExprBox> parse_condition();
    Result<std::vector<Expr>> parse_dimensions();
    Result<Expr> parse_dimension();
    Result<void> parse_fill(SelectStatement& select);
    Result<void> parse_time_zone(SelectStatement& select);
    Result<std::vector<SortField>> parse_order_by();
    Result<SortField> parse_sort_field();
    Result<std::int64_t> parse_optional_number(Token keyword);
    Result<ExplainStatement> parse_explain();

    // parse_show.cc
    struct ClauseSet {
        bool sources = true;
        bool condition = true;
        bool dimensions = false;
        bool order_by = true;
        bool series_limits = false;
    };
    Result<Statement> parse_show_series();
    Result<Statement> parse_show_measurement_cardinality();
    Result<Statement> parse_show_measurements();
    Result<Statement> parse_show_field();
    Result<Statement> parse_show_tag();
    Result<Statement> parse_show_tag_keys();
    Result<Statement> parse_show_tag_values();
    Result<Statement> parse_cardinality(ShowCardinalityStatement::Kind kind, bool exact);
    Result<Statement> parse_key_cardinality(ShowCardinalityStatement::Kind kind);
    Result<ShowClauses> parse_show_clauses(ClauseSet wanted);
    Result<void> parse_show_head(ShowClauses& clauses, bool sources);
    Result<void> parse_show_tail(ShowClauses& clauses, ClauseSet wanted);
    Result<TagKeyFilter> parse_tag_key_filter();
    Result<std::string> parse_optional_module();

    // parse_ddl.cc
    Result<Statement> parse_create_database();
    Result<Statement> parse_create_retention_policy();
    Result<Statement> parse_alter_retention_policy();
    Result<Statement> parse_drop_retention_policy();
    Result<Statement> parse_drop_series();
    Result<Statement> parse_delete();
    Result<void> parse_delete_clauses(std::vector<Source>& sources, ExprBox& condition);
    Result<std::int64_t> parse_shard_duration();
    Result<void> parse_write_limits(std::optional<std::int64_t>& future_ns,
                                    std::optional<std::int64_t>& past_ns);
    Result<void> parse_measurements_place(ShowMeasurementsStatement& show);
    Result<Statement> parse_create_continuous_query();
    Result<Statement> parse_drop_continuous_query();
    Result<void> parse_resample(CreateContinuousQueryStatement& query);
    Result<Statement> parse_create_subscription();
    Result<Statement> parse_drop_subscription();

    // parse_users.cc
    Result<Statement> parse_create_user();
    Result<Statement> parse_set_password();
    Result<Statement> parse_grant();
    Result<Statement> parse_revoke();
    Result<Privilege> parse_privilege();
    Result<Statement> parse_kill_query();

    // parse_names.cc
    Result<std::string> parse_identifier();
    Result<std::vector<std::string>> parse_identifier_list();
    Result<std::vector<std::string>> parse_segments();
    Result<std::string> parse_text();
    Result<std::vector<std::string>> parse_text_list();
    Result<std::int64_t> parse_integer_between(std::int64_t minimum, std::int64_t maximum);
    Result<std::uint64_t> parse_id();
    Result<std::int64_t> parse_duration_or_inf();
    Result<std::int64_t> parse_duration_literal();

    // Counts a node of the expression that is being read.
    Result<void> count_node();

    TokenStream tokens_;
    // How much there is of what parser.h bounds.
    int nesting_ = 0;                       // operands around the token that is read
    int operators_ = 0;                     // of the outermost expression around it
    int nodes_ = 0;                         // of the text
    int subqueries_ = 0;                    // around the token that is read
    std::size_t regex_program_ = 0;         // instructions in regexes_
    std::map<std::string, Regex> regexes_;  // by pattern
};

// The interval of GROUP BY time(), 0 without one.
Result<std::int64_t> group_by_interval(const SelectStatement& select);

}  // namespace sluice::influxql
