// These are the parser's rules for databases, retention policies, continuous queries, subscriptions
// and deletes.
#include <algorithm>
#include <limits>

#include "influxql/statement_parser.h"
#include "sluice/influxql/duration.h"

namespace sluice::influxql {
namespace {

// Go parses it into an int and checks this bound (influxql/parser.go: ParseInt).
constexpr std::int64_t kReplicationMax = std::numeric_limits<std::int32_t>::max();

// Which limit a word names; null: none. FUTURE and PAST are keywords of InfluxDB 1.12; here they
// stay names everywhere else, so that queries for fields of these names go on working.
std::optional<std::int64_t>* limit_of(const Lexeme& word, std::optional<std::int64_t>& future_ns,
                                      std::optional<std::int64_t>& past_ns) {
    if (word.token != Token::kIdent) return nullptr;
    std::string upper = word.literal;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (upper == "FUTURE") return &future_ns;
    return upper == "PAST" ? &past_ns : nullptr;
}

}  // namespace

// The options have a fixed order, unlike those of ALTER RETENTION POLICY. WITH alone is refused by
// the first look at what follows.
Result<Statement> StatementParser::parse_create_database() {
    CreateDatabaseStatement create;
    SLUICE_TRY(create.name, parse_identifier());
    if (!tokens_.accept(Token::kWith)) return Statement(std::move(create));
    const Lexeme option = tokens_.next_word();
    if (option.token != Token::kDuration && option.token != Token::kName &&
        option.token != Token::kReplication && option.token != Token::kShard &&
        !limit_of(option, create.future_limit_ns, create.past_limit_ns)) {
        return unexpected(option, {"DURATION", "NAME", "REPLICATION", "SHARD"});
    }
    tokens_.back();
    create.with_policy = true;
    if (tokens_.accept(Token::kDuration)) {
        SLUICE_TRY(create.duration_ns, parse_duration_or_inf());
    }
    if (tokens_.accept(Token::kReplication)) {
        SLUICE_TRY(create.replication, parse_integer_between(1, kReplicationMax));
    }
    if (tokens_.accept(Token::kShard)) {
        SLUICE_TRY_VOID(tokens_.expect(Token::kDuration));
        SLUICE_TRY(create.shard_duration_ns, parse_duration_or_inf());
    }
    SLUICE_TRY_VOID(parse_write_limits(create.future_limit_ns, create.past_limit_ns));
    if (tokens_.accept(Token::kName)) {
        SLUICE_TRY(create.policy_name, parse_identifier());
    }
    return Statement(std::move(create));
}

// FUTURE LIMIT value and PAST LIMIT value, in any order.
Result<void> StatementParser::parse_write_limits(std::optional<std::int64_t>& future_ns,
                                                 std::optional<std::int64_t>& past_ns) {
    for (;;) {
        std::optional<std::int64_t>* const limit =
            limit_of(tokens_.next_word(), future_ns, past_ns);
        if (limit == nullptr || limit->has_value()) {
            tokens_.back();
            return {};
        }
        SLUICE_TRY_VOID(tokens_.expect(Token::kLimit));
        SLUICE_TRY(*limit, parse_duration_or_inf());
    }
}

// DURATION value, behind SHARD.
// INF would mean shard groups that never end, so that nothing could ever expire.
Result<std::int64_t> StatementParser::parse_shard_duration() {
    SLUICE_TRY_VOID(tokens_.expect(Token::kDuration));
    const Lexeme value = tokens_.next_word();
    if (value.token == Token::kInf) {
        return error_at("invalid duration INF for shard duration", value.position);
    }
    tokens_.back();
    return parse_duration_or_inf();
}

Result<Statement> StatementParser::parse_create_retention_policy() {
    CreateRetentionPolicyStatement create;
    SLUICE_TRY(create.name, parse_identifier());
    SLUICE_TRY_VOID(tokens_.expect(Token::kOn));
    SLUICE_TRY(create.database, parse_identifier());
    SLUICE_TRY_VOID(tokens_.expect(Token::kDuration));
    SLUICE_TRY(create.duration_ns, parse_duration_or_inf());
    SLUICE_TRY_VOID(tokens_.expect(Token::kReplication));
    SLUICE_TRY(create.replication, parse_integer_between(1, kReplicationMax));
    if (tokens_.accept(Token::kShard)) {
        SLUICE_TRY(create.shard_duration_ns, parse_shard_duration());
    }
    create.is_default = tokens_.accept(Token::kDefault);
    SLUICE_TRY_VOID(parse_write_limits(create.future_limit_ns, create.past_limit_ns));
    return Statement(std::move(create));
}

// Options come in any order, each at most once and one at least. DEFAULT is a keyword that is
// allowed as the policy's name here, because InfluxDB before 1.0 called policies so.
Result<Statement> StatementParser::parse_alter_retention_policy() {
    AlterRetentionPolicyStatement alter;
    const Lexeme name = tokens_.next_word();
    if (name.token != Token::kDefault && name.token != Token::kIdent) {
        return unexpected(name, {"identifier"});
    }
    alter.name = name.token == Token::kDefault ? "default" : name.literal;
    SLUICE_TRY_VOID(tokens_.expect(Token::kOn));
    SLUICE_TRY(alter.database, parse_identifier());
    for (bool any = false;; any = true) {
        const Lexeme option = tokens_.next_word();
        const bool duplicate = (option.token == Token::kDuration && alter.duration_ns) ||
                               (option.token == Token::kReplication && alter.replication) ||
                               (option.token == Token::kShard && alter.shard_duration_ns) ||
                               (option.token == Token::kDefault && alter.is_default);
        std::optional<std::int64_t>* const limit =
            limit_of(option, alter.future_limit_ns, alter.past_limit_ns);
        if (limit != nullptr && limit->has_value()) {
            const std::string word = limit == &alter.past_limit_ns ? "PAST" : "FUTURE";
            return error_at("found duplicate " + word + " option", option.position);
        }
        if (duplicate) {
            return error_at("found duplicate " + std::string(token_text(option.token)) + " option",
                            option.position);
        }
        if (option.token == Token::kDuration) {
            SLUICE_TRY(alter.duration_ns, parse_duration_or_inf());
        } else if (option.token == Token::kReplication) {
            SLUICE_TRY(alter.replication, parse_integer_between(1, kReplicationMax));
        } else if (option.token == Token::kShard) {
            SLUICE_TRY(alter.shard_duration_ns, parse_shard_duration());
        } else if (option.token == Token::kDefault) {
            alter.is_default = true;
        } else if (limit != nullptr) {
            SLUICE_TRY_VOID(tokens_.expect(Token::kLimit));
            SLUICE_TRY(*limit, parse_duration_or_inf());
        } else if (!any) {
            return unexpected(option, {"DURATION", "REPLICATION", "SHARD", "DEFAULT"});
        } else {
            tokens_.back();
            return Statement(std::move(alter));
        }
    }
}

Result<Statement> StatementParser::parse_drop_retention_policy() {
    DropRetentionPolicyStatement drop;
    SLUICE_TRY(drop.name, parse_identifier());
    SLUICE_TRY_VOID(tokens_.expect(Token::kOn));
    SLUICE_TRY(drop.database, parse_identifier());
    return Statement(std::move(drop));
}

Result<void> StatementParser::parse_delete_clauses(std::vector<Source>& sources,
                                                   ExprBox& condition) {
    const Lexeme first = tokens_.next_word();
    if (first.token == Token::kFrom) {
        SLUICE_TRY(sources, parse_sources(false));
        // A delete is about the whole database, whatever the policy.
        for (const Source& source : sources) {
            if (!source.measurement()->retention_policy.empty()) {
                return error_at("retention policy not supported", Position{});
            }
            if (!source.measurement()->database.empty()) {
                return error_at("database not supported", Position{});
            }
        }
    } else {
        tokens_.back();
    }
    SLUICE_TRY(condition, parse_condition());
    if (sources.empty() && !condition) return unexpected(first, {"FROM", "WHERE"});
    return {};
}

Result<Statement> StatementParser::parse_delete() {
    DeleteStatement statement;
    SLUICE_TRY_VOID(parse_delete_clauses(statement.sources, statement.condition));
    return Statement(std::move(statement));
}

Result<Statement> StatementParser::parse_drop_series() {
    DropSeriesStatement statement;
    SLUICE_TRY_VOID(parse_delete_clauses(statement.sources, statement.condition));
    return Statement(std::move(statement));
}

// The arguments are not looked at further: the compiler does that, with other sentences. A
// continuous query has to know its interval before it is stored.
Result<std::int64_t> group_by_interval(const SelectStatement& select) {
    for (const Expr& dimension : select.dimensions) {
        const auto* call = dimension.as<Call>();
        if (call == nullptr || call->name != "time") continue;
        if (call->arguments.empty() || call->arguments.size() > 2) {
            return Error{ErrorKind::kInvalid, "time dimension expected 1 or 2 arguments"};
        }
        const auto* interval = call->arguments[0].as<DurationLiteral>();
        if (interval == nullptr) {
            return Error{ErrorKind::kInvalid, "time dimension must have duration argument"};
        }
        return interval->nanoseconds;
    }
    return std::int64_t{0};
}

Result<void> StatementParser::parse_resample(CreateContinuousQueryStatement& query) {
    if (tokens_.accept(Token::kEvery)) {
        SLUICE_TRY(query.resample_every_ns, parse_duration_literal());
    }
    if (tokens_.accept(Token::kFor)) {
        SLUICE_TRY(query.resample_for_ns, parse_duration_literal());
    }
    if (query.resample_every_ns == 0 && query.resample_for_ns == 0) {
        return unexpected(tokens_.next_word(), {"EVERY", "FOR"});
    }
    return {};
}

// An aggregate without GROUP BY time() would compute the same windowless value again and again, so
// it is refused here and not when it runs.
Result<Statement> StatementParser::parse_create_continuous_query() {
    CreateContinuousQueryStatement create;
    SLUICE_TRY(create.name, parse_identifier());
    SLUICE_TRY_VOID(tokens_.expect(Token::kOn));
    SLUICE_TRY(create.database, parse_identifier());
    if (tokens_.accept(Token::kResample)) {
        SLUICE_TRY_VOID(parse_resample(create));
    }
    SLUICE_TRY_VOID(tokens_.expect(Token::kBegin));
    SLUICE_TRY_VOID(tokens_.expect(Token::kSelect));
    SLUICE_TRY(create.select, parse_select(true));
    Result<std::int64_t> interval = group_by_interval(create.select);
    if (!create.select.is_raw() && (!interval.ok() || *interval == 0)) {
        tokens_.back();
        tokens_.back();
        const Lexeme found = tokens_.next_word();
        if (interval.ok()) return unexpected(found, {"GROUP BY time(...)"});
        return unexpected(found, {"GROUP BY time(...)", interval.error().message});
    }
    SLUICE_TRY_VOID(tokens_.expect(Token::kEnd));
    if (!interval.ok()) return std::move(interval).error();
    if (create.resample_for_ns != 0) {
        const std::int64_t needed = std::max(*interval, create.resample_every_ns);
        if (needed > create.resample_for_ns) {
            return Error{ErrorKind::kInvalid,
                         "FOR duration must be >= GROUP BY time duration: must be a minimum of " +
                             format_duration(needed) + ", got " +
                             format_duration(create.resample_for_ns)};
        }
    }
    return Statement(std::move(create));
}

Result<Statement> StatementParser::parse_drop_continuous_query() {
    DropContinuousQueryStatement drop;
    SLUICE_TRY(drop.name, parse_identifier());
    SLUICE_TRY_VOID(tokens_.expect(Token::kOn));
    SLUICE_TRY(drop.database, parse_identifier());
    return Statement(std::move(drop));
}

Result<Statement> StatementParser::parse_create_subscription() {
    CreateSubscriptionStatement create;
    SLUICE_TRY(create.name, parse_identifier());
    SLUICE_TRY_VOID(tokens_.expect(Token::kOn));
    SLUICE_TRY(create.database, parse_identifier());
    const Lexeme dot = tokens_.next();
    if (dot.token != Token::kDot) return unexpected(dot, {"."});
    SLUICE_TRY(create.retention_policy, parse_identifier());
    SLUICE_TRY_VOID(tokens_.expect(Token::kDestinations));
    const Lexeme mode = tokens_.next_word();
    if (mode.token != Token::kAll && mode.token != Token::kAny) {
        return unexpected(mode, {"ALL", "ANY"});
    }
    create.mode = token_text(mode.token);
    SLUICE_TRY(create.destinations, parse_text_list());
    return Statement(std::move(create));
}

Result<Statement> StatementParser::parse_drop_subscription() {
    DropSubscriptionStatement drop;
    SLUICE_TRY(drop.name, parse_identifier());
    SLUICE_TRY_VOID(tokens_.expect(Token::kOn));
    SLUICE_TRY(drop.database, parse_identifier());
    const Lexeme dot = tokens_.next();
    if (dot.token != Token::kDot) return unexpected(dot, {"."});
    SLUICE_TRY(drop.retention_policy, parse_identifier());
    return Statement(std::move(drop));
}

}  // namespace sluice::influxql
