// SHOW DATABASES and SHOW RETENTION POLICIES are answered here from the catalog.
#include "query/show/series_selection.h"
#include "query/show/show_statements.h"
#include "sluice/influxql/duration.h"

namespace sluice::query {

using namespace influxql;

io::Task<Result<void>> execute(StatementContext& context, ShowDatabasesStatement) {
    const auto catalog = context.source.catalog();
    std::vector<std::string> names;
    for (const auto& database : catalog->databases) {
        if (may_see(context, *catalog, database->name)) names.push_back(database->name);
    }
    write_column(context.writer, "databases", "name", names);
    co_return Result<void>();
}

io::Task<Result<void>> execute(StatementContext& context, ShowRetentionPoliciesStatement show) {
    const auto catalog = context.source.catalog();
    SLUICE_CO_TRY(const meta::Database* database,
                  find_database(*catalog, show.database, context.defaults));
    AnswerWriter& writer = context.writer;
    writer.begin_series(
        {"", {}, {"name", "duration", "shardGroupDuration", "replicaN", "default"}});
    for (const auto& policy : database->retention_policies) {
        const std::string duration = format_go_duration(policy->duration_ns);
        const std::string group = format_go_duration(policy->shard_group_duration_ns);
        writer.begin_row();
        writer.value(Value::of_string(policy->name));
        writer.value(Value::of_string(duration));
        writer.value(Value::of_string(group));
        writer.value(Value::of_integer(policy->replica_n));
        writer.value(Value::of_boolean(policy->name == database->default_retention_policy));
        writer.end_row();
    }
    writer.end_series();
    co_return Result<void>();
}

}  // namespace sluice::query
