// The parser goes here from the first words of a statement to the rule that reads the rest.
#include "influxql/statement_parser.h"

namespace sluice::influxql {
namespace {

template <typename T>
Result<Statement> as_statement(Result<T> parsed) {
    if (!parsed.ok()) return std::move(parsed).error();
    return Statement(std::move(*parsed));
}

}  // namespace

// Statements that stand before an error are not run: the text is parsed as a whole first. Empty
// statements are passed over, and what may be shown of a statement with a password is decided anew
// behind each semicolon.
Result<std::vector<Statement>> StatementParser::parse_query(const StatementCheck& check) {
    std::vector<Statement> statements;
    bool separated = true;
    for (;;) {
        const Lexeme next = tokens_.next_word();
        if (next.token == Token::kEof) return statements;
        if (next.token == Token::kSemicolon) {
            separated = true;
            tokens_.set_secret(false);
            continue;
        }
        if (!separated) return unexpected(next, {";"});
        tokens_.back();
        SLUICE_TRY(Statement statement, parse_statement());
        if (check) {
            SLUICE_TRY_VOID(check(statement));
        }
        statements.push_back(std::move(statement));
        separated = false;
    }
}

// The lists of expected words are InfluxDB's, in its order.
Result<Statement> StatementParser::parse_statement() {
    const Lexeme first = tokens_.next_word();
    switch (first.token) {
        case Token::kSelect:
            return as_statement(parse_select(false));
        case Token::kDelete:
            return parse_delete();
        case Token::kShow:
            return parse_show();
        case Token::kCreate:
            return parse_create();
        case Token::kDrop:
            return parse_drop();
        case Token::kExplain:
            return as_statement(parse_explain());
        case Token::kGrant:
            return parse_grant();
        case Token::kRevoke:
            return parse_revoke();
        case Token::kAlter: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kRetention));
            SLUICE_TRY_VOID(tokens_.expect(Token::kPolicy));
            return parse_alter_retention_policy();
        }
        case Token::kSet: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kPassword));
            SLUICE_TRY_VOID(tokens_.expect(Token::kFor));
            return parse_set_password();
        }
        case Token::kKill: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kQuery));
            return parse_kill_query();
        }
        default:
            return unexpected(first, {"SELECT", "DELETE", "SHOW", "CREATE", "DROP", "EXPLAIN",
                                      "GRANT", "REVOKE", "ALTER", "SET", "KILL"});
    }
}

Result<Statement> StatementParser::parse_show() {
    const Lexeme subject = tokens_.next_word();
    switch (subject.token) {
        case Token::kContinuous: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kQueries));
            return Statement(ShowContinuousQueriesStatement{});
        }
        case Token::kDatabases:
            return Statement(ShowDatabasesStatement{});
        case Token::kDiagnostics: {
            SLUICE_TRY(std::string module, parse_optional_module());
            return Statement(ShowDiagnosticsStatement{std::move(module)});
        }
        case Token::kField:
            return parse_show_field();
        case Token::kGrants: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kFor));
            SLUICE_TRY(std::string user, parse_identifier());
            return Statement(ShowGrantsStatement{std::move(user)});
        }
        case Token::kMeasurement:
            return parse_show_measurement_cardinality();
        case Token::kMeasurements:
            return parse_show_measurements();
        case Token::kQueries:
            return Statement(ShowQueriesStatement{});
        case Token::kRetention: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kPolicies));
            ShowClauses clauses;
            SLUICE_TRY_VOID(parse_show_head(clauses, false));
            return Statement(ShowRetentionPoliciesStatement{std::move(clauses.database)});
        }
        case Token::kSeries:
            return parse_show_series();
        case Token::kShard: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kGroups));
            return Statement(ShowShardGroupsStatement{});
        }
        case Token::kShards:
            return Statement(ShowShardsStatement{});
        case Token::kStats: {
            SLUICE_TRY(std::string module, parse_optional_module());
            return Statement(ShowStatsStatement{std::move(module)});
        }
        case Token::kSubscriptions:
            return Statement(ShowSubscriptionsStatement{});
        case Token::kTag:
            return parse_show_tag();
        case Token::kUsers:
            return Statement(ShowUsersStatement{});
        default:
            return unexpected(
                subject, {"CONTINUOUS", "DATABASES", "DIAGNOSTICS", "FIELD", "GRANTS",
                          "MEASUREMENT", "MEASUREMENTS", "QUERIES", "RETENTION", "SERIES", "SHARD",
                          "SHARDS", "STATS", "SUBSCRIPTIONS", "TAG", "USERS"});
    }
}

Result<Statement> StatementParser::parse_create() {
    const Lexeme subject = tokens_.next_word();
    switch (subject.token) {
        case Token::kContinuous: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kQuery));
            return parse_create_continuous_query();
        }
        case Token::kDatabase:
            return parse_create_database();
        case Token::kUser:
            return parse_create_user();
        case Token::kRetention: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kPolicy));
            return parse_create_retention_policy();
        }
        case Token::kSubscription:
            return parse_create_subscription();
        default:
            return unexpected(subject,
                              {"CONTINUOUS", "DATABASE", "USER", "RETENTION", "SUBSCRIPTION"});
    }
}

Result<Statement> StatementParser::parse_drop() {
    const Lexeme subject = tokens_.next_word();
    switch (subject.token) {
        case Token::kContinuous: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kQuery));
            return parse_drop_continuous_query();
        }
        case Token::kDatabase: {
            SLUICE_TRY(std::string name, parse_identifier());
            return Statement(DropDatabaseStatement{std::move(name)});
        }
        case Token::kMeasurement: {
            SLUICE_TRY(std::string name, parse_identifier());
            return Statement(DropMeasurementStatement{std::move(name)});
        }
        case Token::kRetention: {
            SLUICE_TRY_VOID(tokens_.expect(Token::kPolicy));
            return parse_drop_retention_policy();
        }
        case Token::kSeries:
            return parse_drop_series();
        case Token::kShard: {
            SLUICE_TRY(const std::uint64_t id, parse_id());
            return Statement(DropShardStatement{id});
        }
        case Token::kSubscription:
            return parse_drop_subscription();
        case Token::kUser: {
            SLUICE_TRY(std::string name, parse_identifier());
            return Statement(DropUserStatement{std::move(name)});
        }
        default:
            return unexpected(subject, {"CONTINUOUS", "DATABASE", "MEASUREMENT", "RETENTION",
                                        "SERIES", "SHARD", "SUBSCRIPTION", "USER"});
    }
}

Result<std::vector<Statement>> parse_query(std::string_view text, const BoundParameters& parameters,
                                           const StatementCheck& check) {
    return StatementParser(text, parameters).parse_query(check);
}

Result<Expr> parse_expression(std::string_view text) {
    const BoundParameters none;
    return StatementParser(text, none).parse_expression();
}

}  // namespace sluice::influxql
