#include "query/statement_dispatch.h"

#include <algorithm>
#include <type_traits>

#include "query/select/select_executor.h"
#include "query/show/show_statements.h"
#include "query/show/tag_condition.h"
#include "query/statements/define_databases.h"
#include "query/statements/delete_statements.h"
#include "query/statements/explain.h"
#include "query/statements/manage_queries.h"
#include "query/statements/service_statements.h"
#include "query/statements/user_statements.h"
#include "sluice/influxql/printer.h"

namespace sluice::query {
namespace {

using namespace influxql;

io::Task<Result<void>> refuse(Error error) {
    co_return error;
}

template <typename T, typename... Kinds>
constexpr bool is_one_of = (std::is_same_v<T, Kinds> || ...);

}  // namespace

Result<void> check_sources(const SelectStatement& select) {
    for (const Source& source : select.sources) {
        const Measurement* measurement = source.measurement();
        if (measurement == nullptr || !is_system_name(measurement->name)) continue;
        std::string_view instead = "the appropriate meta command";
        if (measurement->name == "_fieldKeys") instead = "SHOW FIELD KEYS";
        if (measurement->name == "_measurements") instead = "SHOW MEASUREMENTS";
        if (measurement->name == "_series") instead = "SHOW SERIES";
        if (measurement->name == "_tagKeys") instead = "SHOW TAG KEYS";
        if (measurement->name == "_tags") instead = "SHOW TAG VALUES";
        return Error{ErrorKind::kInvalid, "unable to use system source '" + measurement->name +
                                              "': use " + std::string(instead) + " instead"};
    }
    return {};
}

io::Task<Result<void>> execute_statement(StatementContext& context, Statement statement) {
    if (const auto* select = std::get_if<SelectStatement>(&statement)) {
        Result<void> checked = check_sources(*select);
        if (!checked.ok()) return refuse(std::move(checked).error());
    }
    return std::visit(
        [&context]<typename Kind>(Kind& kind) -> io::Task<Result<void>> {
            return execute(context, std::move(kind));
        },
        statement);
}

// A SELECT, and what InfluxDB rewrites to one, is cut into chunks of rows; other lists are cut
// between their series, and some lists of the catalog are never cut.
StatementShape shape_of(const Statement& statement) {
    return std::visit(
        []<typename Kind>(const Kind&) {
            constexpr bool like_select =
                is_one_of<Kind, SelectStatement, ShowSeriesStatement, ShowFieldKeysStatement,
                          ShowCardinalityStatement>;
            constexpr bool of_the_catalog =
                is_one_of<Kind, ShowShardsStatement, ShowContinuousQueriesStatement,
                          ShowSubscriptionsStatement, ShowStatsStatement, ShowDiagnosticsStatement>;
            return StatementShape{like_select, like_select, of_the_catalog};
        },
        statement);
}

// These can take much memory and wait for their share of it. All others are answered from the
// catalog, or change it, and never wait for a long query.
bool reads_series(const Statement& statement) {
    return std::visit(
        []<typename Kind>(const Kind&) {
            return is_one_of<Kind, SelectStatement, ExplainStatement, DeleteStatement,
                             DropSeriesStatement, ShowMeasurementsStatement, ShowSeriesStatement,
                             ShowTagKeysStatement, ShowFieldKeysStatement, ShowTagValuesStatement,
                             ShowCardinalityStatement>;
        },
        statement);
}

bool changes_something(const Statement& statement) {
    return std::visit(
        []<typename Kind>(const Kind& kind) {
            if constexpr (std::is_same_v<Kind, SelectStatement>) return kind.target.has_value();
            // DELETE is not on InfluxDB's list (coordinator/statement_executor.go).
            return is_one_of<Kind, CreateDatabaseStatement, DropDatabaseStatement,
                             CreateRetentionPolicyStatement, AlterRetentionPolicyStatement,
                             DropRetentionPolicyStatement, DropMeasurementStatement,
                             DropSeriesStatement, DropShardStatement,
                             CreateContinuousQueryStatement, DropContinuousQueryStatement,
                             CreateSubscriptionStatement, DropSubscriptionStatement,
                             CreateUserStatement, DropUserStatement, SetPasswordStatement,
                             GrantStatement, RevokeStatement, KillQueryStatement>;
        },
        statement);
}

bool is_administrative(const Statement& statement) {
    if (std::holds_alternative<SelectStatement>(statement)) return false;
    return changes_something(statement) || std::holds_alternative<DeleteStatement>(statement);
}

}  // namespace sluice::query
