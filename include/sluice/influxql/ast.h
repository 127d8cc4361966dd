// The statements of InfluxQL 1.8, as the parser leaves them: names unquoted, nothing resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sluice/influxql/expr.h"

namespace sluice::influxql {

struct SelectStatement;

// database.policy.name or database.policy./regex/; empty parts were not written.
struct Measurement {
    std::string database;
    std::string retention_policy;
    std::string name;
    std::optional<Regex> regex;
};
struct Source {
    std::variant<Measurement, Box<SelectStatement>> node;

    const Measurement* measurement() const { return std::get_if<Measurement>(&node); }
    Measurement* measurement() { return std::get_if<Measurement>(&node); }
    const SelectStatement* subquery() const {
        const auto* box = std::get_if<Box<SelectStatement>>(&node);
        return box == nullptr ? nullptr : box->get();
    }
};

struct Field {
    Expr expr;
    std::string alias;
};

struct SortField {
    std::string name;  // "time" or empty
    bool ascending = true;
};

enum class FillOption : std::uint8_t { kNull, kNone, kNumber, kPrevious, kLinear };

struct SelectStatement {
    std::vector<Field> fields;
    std::optional<Measurement> target;  // INTO
    std::vector<Source> sources;
    ExprBox condition;
    std::vector<Expr> dimensions;  // GROUP BY
    FillOption fill = FillOption::kNull;
    // Of kNumber: an IntegerLiteral or a NumberLiteral.
    std::variant<std::int64_t, double> fill_value = std::int64_t{0};
    std::vector<SortField> sort_fields;
    std::int64_t limit = 0;  // 0 is "no limit" here and below
    std::int64_t offset = 0;
    std::int64_t series_limit = 0;
    std::int64_t series_offset = 0;
    std::string time_zone;  // of tz('…'), empty is UTC

    bool ascending() const { return sort_fields.empty() || sort_fields[0].ascending; }
    // No function is called in the field list.
    bool is_raw() const;
};

struct ExplainStatement {
    bool analyze = false;
    SelectStatement select;
};
struct DeleteStatement {
    std::vector<Source> sources;
    ExprBox condition;
};
struct DropSeriesStatement {
    std::vector<Source> sources;
    ExprBox condition;
};

// The clauses most SHOW statements share.
struct ShowClauses {
    std::string database;  // ON
    std::vector<Source> sources;
    ExprBox condition;
    std::vector<Expr> dimensions;  // cardinality statements only
    std::vector<SortField> sort_fields;
    std::int64_t limit = 0;
    std::int64_t offset = 0;
    std::int64_t series_limit = 0;
    std::int64_t series_offset = 0;
};
struct ShowMeasurementsStatement {
    ShowClauses clauses;  // sources: the one of WITH MEASUREMENT
    // Behind ON, since InfluxDB 1.11: `db.rp`, `db.*`, `*.*`. The database of the last is empty.
    std::string retention_policy;
    bool every_database = false;
    bool every_policy = false;
};
struct ShowSeriesStatement {
    ShowClauses clauses;
};
struct ShowTagKeysStatement {
    ShowClauses clauses;
};
struct ShowFieldKeysStatement {
    ShowClauses clauses;
};
// WITH KEY op key; kMatches and kNotMatches have a regex, IN has a list.
struct TagKeyFilter {
    enum class Kind : std::uint8_t { kIn, kEqual, kNotEqual, kMatches, kNotMatches };
    Kind kind = Kind::kEqual;
    std::vector<std::string> keys;
    std::optional<Regex> regex;

    bool accepts(std::string_view key) const;
};
struct ShowTagValuesStatement {
    ShowClauses clauses;
    TagKeyFilter filter;
};
struct ShowCardinalityStatement {
    enum class Kind : std::uint8_t { kSeries, kMeasurement, kTagKey, kTagValues, kFieldKey };
    Kind kind = Kind::kSeries;
    bool exact = false;
    ShowClauses clauses;
    std::optional<TagKeyFilter> filter;  // tag values only
};
struct ShowRetentionPoliciesStatement {
    std::string database;
};
struct ShowDatabasesStatement {};
struct ShowQueriesStatement {};
struct ShowContinuousQueriesStatement {};
struct ShowUsersStatement {};
struct ShowSubscriptionsStatement {};
struct ShowShardGroupsStatement {};
struct ShowShardsStatement {};
struct ShowStatsStatement {
    std::string module;
};
struct ShowDiagnosticsStatement {
    std::string module;
};
struct ShowGrantsStatement {
    std::string user;
};

struct CreateDatabaseStatement {
    std::string name;
    bool with_policy = false;
    std::optional<std::int64_t> duration_ns;
    std::optional<std::int64_t> replication;
    std::int64_t shard_duration_ns = 0;
    std::optional<std::int64_t> future_limit_ns;  // InfluxDB 1.12; 0 or INF: none
    std::optional<std::int64_t> past_limit_ns;
    std::string policy_name;
};
struct DropDatabaseStatement {
    std::string name;
};
struct CreateRetentionPolicyStatement {
    std::string name;
    std::string database;
    std::int64_t duration_ns = 0;  // 0 is INF
    std::int64_t replication = 1;
    std::int64_t shard_duration_ns = 0;
    bool is_default = false;
    std::optional<std::int64_t> future_limit_ns;
    std::optional<std::int64_t> past_limit_ns;
};
struct AlterRetentionPolicyStatement {
    std::string name;
    std::string database;
    std::optional<std::int64_t> duration_ns;
    std::optional<std::int64_t> replication;
    std::optional<std::int64_t> shard_duration_ns;
    bool is_default = false;
    std::optional<std::int64_t> future_limit_ns;
    std::optional<std::int64_t> past_limit_ns;
};
struct DropRetentionPolicyStatement {
    std::string name;
    std::string database;
};
struct DropMeasurementStatement {
    std::string name;
};
struct DropShardStatement {
    std::uint64_t id = 0;
};
struct CreateContinuousQueryStatement {
    std::string name;
    std::string database;
    std::int64_t resample_every_ns = 0;
    std::int64_t resample_for_ns = 0;
    SelectStatement select;
};
struct DropContinuousQueryStatement {
    std::string name;
    std::string database;
};
struct CreateSubscriptionStatement {
    std::string name;
    std::string database;
    std::string retention_policy;
    std::string mode;  // ALL or ANY
    std::vector<std::string> destinations;
};
struct DropSubscriptionStatement {
    std::string name;
    std::string database;
    std::string retention_policy;
};
struct CreateUserStatement {
    std::string name;
    std::string password;
    bool is_admin = false;
};
struct DropUserStatement {
    std::string name;
};
struct SetPasswordStatement {
    std::string user;
    std::string password;
};
enum class Privilege : std::uint8_t { kRead, kWrite, kAll };
struct GrantStatement {
    Privilege privilege = Privilege::kRead;
    std::optional<std::string> database;  // none: the right to administer
    std::string user;
};
struct RevokeStatement {
    Privilege privilege = Privilege::kRead;
    std::optional<std::string> database;  // none: the right to administer
    std::string user;
};
struct KillQueryStatement {
    std::uint64_t id = 0;
    std::string host;
};

using Statement = std::variant<
    SelectStatement, ExplainStatement, DeleteStatement, DropSeriesStatement,
    ShowMeasurementsStatement, ShowSeriesStatement, ShowTagKeysStatement, ShowFieldKeysStatement,
    ShowTagValuesStatement, ShowCardinalityStatement, ShowRetentionPoliciesStatement,
    ShowDatabasesStatement, ShowQueriesStatement, ShowContinuousQueriesStatement,
    ShowUsersStatement, ShowSubscriptionsStatement, ShowShardGroupsStatement, ShowShardsStatement,
    ShowStatsStatement, ShowDiagnosticsStatement, ShowGrantsStatement, CreateDatabaseStatement,
    DropDatabaseStatement, CreateRetentionPolicyStatement, AlterRetentionPolicyStatement,
    DropRetentionPolicyStatement, DropMeasurementStatement, DropShardStatement,
    CreateContinuousQueryStatement, DropContinuousQueryStatement, CreateSubscriptionStatement,
    DropSubscriptionStatement, CreateUserStatement, DropUserStatement, SetPasswordStatement,
    GrantStatement, RevokeStatement, KillQueryStatement>;

}  // namespace sluice::influxql
