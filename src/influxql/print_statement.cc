// This file prints every statement but SELECT.
#include "influxql/printer_parts.h"
#include "sluice/influxql/duration.h"
#include "sluice/influxql/printer.h"

namespace sluice::influxql {
namespace {

std::string on(std::string_view database) {
    return database.empty() ? std::string() : " ON " + quote_identifier(database);
}

std::string from(const std::vector<Source>& sources) {
    return sources.empty() ? std::string() : " FROM " + print_sources(sources);
}

// InfluxDB prints the durations of this one statement as Go does; fractions of a second would not
// read back.
std::string duration_of_database(std::int64_t nanoseconds) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    return nanoseconds % kSecond == 0 ? format_go_duration(nanoseconds)
                                      : format_duration(nanoseconds);
}

std::string where(const ExprBox& condition) {
    return condition ? " WHERE " + to_string(*condition) : std::string();
}

std::string tail(const ShowClauses& clauses) {
    return where(clauses.condition) + print_dimensions(clauses.dimensions) +
           print_order(clauses.sort_fields) + print_number("LIMIT", clauses.limit) +
           print_number("OFFSET", clauses.offset) + print_number("SLIMIT", clauses.series_limit) +
           print_number("SOFFSET", clauses.series_offset);
}

std::string show(std::string_view what, const ShowClauses& clauses) {
    return "SHOW " + std::string(what) + on(clauses.database) + from(clauses.sources) +
           tail(clauses);
}

// Only SHOW TAG VALUES has it; behind SHOW TAG KEYS the parser makes a condition of it.
std::string with_key(const TagKeyFilter& filter) {
    std::string out = " WITH KEY ";
    switch (filter.kind) {
        case TagKeyFilter::Kind::kIn:
            return out + "IN " + to_string(Expr(ListLiteral{filter.keys}));
        case TagKeyFilter::Kind::kEqual:
            return out + "= " + quote_identifier(filter.keys[0]);
        case TagKeyFilter::Kind::kNotEqual:
            return out + "!= " + quote_identifier(filter.keys[0]);
        case TagKeyFilter::Kind::kMatches:
            return out + "=~ " + print_regex(*filter.regex);
        case TagKeyFilter::Kind::kNotMatches:
            return out + "!~ " + print_regex(*filter.regex);
    }
    return out;
}

std::string_view cardinality_subject(ShowCardinalityStatement::Kind kind) {
    switch (kind) {
        case ShowCardinalityStatement::Kind::kSeries:
            return "SERIES";
        case ShowCardinalityStatement::Kind::kMeasurement:
            return "MEASUREMENT";
        case ShowCardinalityStatement::Kind::kTagKey:
            return "TAG KEY";
        case ShowCardinalityStatement::Kind::kTagValues:
            return "TAG VALUES";
        case ShowCardinalityStatement::Kind::kFieldKey:
            return "FIELD KEY";
    }
    return {};
}

std::string_view privilege_text(Privilege privilege) {
    switch (privilege) {
        case Privilege::kRead:
            return "READ";
        case Privilege::kWrite:
            return "WRITE";
        case Privilege::kAll:
            break;
    }
    return "ALL PRIVILEGES";
}

std::string privilege_on(Privilege privilege, const std::optional<std::string>& database) {
    std::string out(privilege_text(privilege));
    // A blank name stays: without one the statement would be about another right.
    if (database) out += " ON " + quote_identifier(*database);
    return out;
}

// A limit that is taken away is printed too, unlike in InfluxDB: the text can be read back.
std::string limits(const std::optional<std::int64_t>& future_ns,
                   const std::optional<std::int64_t>& past_ns) {
    std::string text;
    if (future_ns) text += " FUTURE LIMIT " + format_duration(*future_ns);
    if (past_ns) text += " PAST LIMIT " + format_duration(*past_ns);
    return text;
}

std::string name_on(std::string_view name, std::string_view database) {
    return quote_identifier(name) + on(database);
}

std::string policy_on(std::string_view name, std::string_view database, std::string_view policy) {
    return name_on(name, database) + "." + quote_identifier(policy);
}

std::string module_of(std::string_view module) {
    return module.empty() ? std::string() : " FOR " + quote_string(module);
}

struct StatementPrinter {
    std::string operator()(const SelectStatement& s) const { return to_string(s); }
    std::string operator()(const ExplainStatement& s) const {
        return (s.analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ") + to_string(s.select);
    }
    std::string operator()(const DeleteStatement& s) const {
        return "DELETE" + from(s.sources) + where(s.condition);
    }
    std::string operator()(const DropSeriesStatement& s) const {
        return "DROP SERIES" + from(s.sources) + where(s.condition);
    }
    std::string operator()(const ShowMeasurementsStatement& s) const {
        std::string out = "SHOW MEASUREMENTS";
        out += s.every_database ? " ON *" : on(s.clauses.database);
        if (s.every_policy) out += ".*";
        if (!s.retention_policy.empty()) out += "." + quote_identifier(s.retention_policy);
        if (!s.clauses.sources.empty()) {
            const bool regex = s.clauses.sources[0].measurement()->regex.has_value();
            out += regex ? " WITH MEASUREMENT =~ " : " WITH MEASUREMENT = ";
            out += to_string(s.clauses.sources[0]);
        }
        return out + tail(s.clauses);
    }
    std::string operator()(const ShowSeriesStatement& s) const { return show("SERIES", s.clauses); }
    std::string operator()(const ShowTagKeysStatement& s) const {
        return show("TAG KEYS", s.clauses);
    }
    std::string operator()(const ShowFieldKeysStatement& s) const {
        return show("FIELD KEYS", s.clauses);
    }
    std::string operator()(const ShowTagValuesStatement& s) const {
        return "SHOW TAG VALUES" + on(s.clauses.database) + from(s.clauses.sources) +
               with_key(s.filter) + tail(s.clauses);
    }
    std::string operator()(const ShowCardinalityStatement& s) const {
        std::string out = "SHOW " + std::string(cardinality_subject(s.kind));
        if (s.exact) out += " EXACT";
        out += " CARDINALITY" + on(s.clauses.database) + from(s.clauses.sources);
        if (s.filter) out += with_key(*s.filter);
        return out + tail(s.clauses);
    }
    std::string operator()(const ShowRetentionPoliciesStatement& s) const {
        return "SHOW RETENTION POLICIES" + on(s.database);
    }
    std::string operator()(const ShowDatabasesStatement&) const { return "SHOW DATABASES"; }
    std::string operator()(const ShowQueriesStatement&) const { return "SHOW QUERIES"; }
    std::string operator()(const ShowContinuousQueriesStatement&) const {
        return "SHOW CONTINUOUS QUERIES";
    }
    std::string operator()(const ShowUsersStatement&) const { return "SHOW USERS"; }
    std::string operator()(const ShowSubscriptionsStatement&) const { return "SHOW SUBSCRIPTIONS"; }
    std::string operator()(const ShowShardGroupsStatement&) const { return "SHOW SHARD GROUPS"; }
    std::string operator()(const ShowShardsStatement&) const { return "SHOW SHARDS"; }
    std::string operator()(const ShowStatsStatement& s) const {
        return "SHOW STATS" + module_of(s.module);
    }
    std::string operator()(const ShowDiagnosticsStatement& s) const {
        return "SHOW DIAGNOSTICS" + module_of(s.module);
    }
    std::string operator()(const ShowGrantsStatement& s) const {
        return "SHOW GRANTS FOR " + quote_identifier(s.user);
    }
    std::string operator()(const CreateDatabaseStatement& s) const {
        std::string out = "CREATE DATABASE " + quote_identifier(s.name);
        if (!s.with_policy) return out;
        out += " WITH";
        if (s.duration_ns) out += " DURATION " + duration_of_database(*s.duration_ns);
        if (s.replication) out += " REPLICATION " + std::to_string(*s.replication);
        if (s.shard_duration_ns > 0) {
            out += " SHARD DURATION " + duration_of_database(s.shard_duration_ns);
        }
        out += limits(s.future_limit_ns, s.past_limit_ns);
        if (!s.policy_name.empty()) out += " NAME " + quote_identifier(s.policy_name);
        return out;
    }
    std::string operator()(const DropDatabaseStatement& s) const {
        return "DROP DATABASE " + quote_identifier(s.name);
    }
    std::string operator()(const CreateRetentionPolicyStatement& s) const {
        std::string out = "CREATE RETENTION POLICY " + name_on(s.name, s.database) + " DURATION " +
                          format_duration(s.duration_ns) + " REPLICATION " +
                          std::to_string(s.replication);
        if (s.shard_duration_ns > 0) {
            out += " SHARD DURATION " + format_duration(s.shard_duration_ns);
        }
        if (s.is_default) out += " DEFAULT";
        return out + limits(s.future_limit_ns, s.past_limit_ns);
    }
    std::string operator()(const AlterRetentionPolicyStatement& s) const {
        std::string out = "ALTER RETENTION POLICY " + name_on(s.name, s.database);
        if (s.duration_ns) out += " DURATION " + format_duration(*s.duration_ns);
        if (s.replication) out += " REPLICATION " + std::to_string(*s.replication);
        if (s.shard_duration_ns) {
            out += " SHARD DURATION " + format_duration(*s.shard_duration_ns);
        }
        if (s.is_default) out += " DEFAULT";
        return out + limits(s.future_limit_ns, s.past_limit_ns);
    }
    std::string operator()(const DropRetentionPolicyStatement& s) const {
        return "DROP RETENTION POLICY " + name_on(s.name, s.database);
    }
    std::string operator()(const DropMeasurementStatement& s) const {
        return "DROP MEASUREMENT " + quote_identifier(s.name);
    }
    std::string operator()(const DropShardStatement& s) const {
        return "DROP SHARD " + std::to_string(s.id);
    }
    std::string operator()(const CreateContinuousQueryStatement& s) const {
        std::string out = "CREATE CONTINUOUS QUERY " + name_on(s.name, s.database);
        if (s.resample_every_ns != 0 || s.resample_for_ns != 0) out += " RESAMPLE";
        if (s.resample_every_ns != 0) out += " EVERY " + format_duration(s.resample_every_ns);
        if (s.resample_for_ns != 0) out += " FOR " + format_duration(s.resample_for_ns);
        return out + " BEGIN " + to_string(s.select) + " END";
    }
    std::string operator()(const DropContinuousQueryStatement& s) const {
        return "DROP CONTINUOUS QUERY " + name_on(s.name, s.database);
    }
    std::string operator()(const CreateSubscriptionStatement& s) const {
        std::string out = "CREATE SUBSCRIPTION " +
                          policy_on(s.name, s.database, s.retention_policy) + " DESTINATIONS " +
                          s.mode + " ";
        for (const std::string& destination : s.destinations) {
            if (&destination != &s.destinations.front()) out += ", ";
            out += quote_string(destination);
        }
        return out;
    }
    std::string operator()(const DropSubscriptionStatement& s) const {
        return "DROP SUBSCRIPTION " + policy_on(s.name, s.database, s.retention_policy);
    }
    // Passwords are never printed: statements end up in logs.
    std::string operator()(const CreateUserStatement& s) const {
        return "CREATE USER " + quote_identifier(s.name) + " WITH PASSWORD [REDACTED]" +
               (s.is_admin ? " WITH ALL PRIVILEGES" : "");
    }
    std::string operator()(const DropUserStatement& s) const {
        return "DROP USER " + quote_identifier(s.name);
    }
    std::string operator()(const SetPasswordStatement& s) const {
        return "SET PASSWORD FOR " + quote_identifier(s.user) + " = [REDACTED]";
    }
    std::string operator()(const GrantStatement& s) const {
        return "GRANT " + privilege_on(s.privilege, s.database) + " TO " + quote_identifier(s.user);
    }
    std::string operator()(const RevokeStatement& s) const {
        return "REVOKE " + privilege_on(s.privilege, s.database) + " FROM " +
               quote_identifier(s.user);
    }
    std::string operator()(const KillQueryStatement& s) const {
        return "KILL QUERY " + std::to_string(s.id) + on(s.host);
    }
};

}  // namespace

std::string to_string(const Statement& statement) {
    return std::visit(StatementPrinter{}, statement);
}

}  // namespace sluice::influxql
