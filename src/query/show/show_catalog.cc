// SHOW DATABASES and SHOW RETENTION POLICIES are answered here from the catalog.
#include <algorithm>

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
    // InfluxDB 1.12 has the limits among the columns, earlier ones have none: they are shown where
    // there are some, so that clients that count columns find what they know.
    const bool has_limits =
        std::ranges::any_of(database->retention_policies,
                            [](const auto& policy) { return policy->write_limits.any(); });
    std::vector<std::string> columns{"name", "duration", "shardGroupDuration", "replicaN"};
    if (has_limits) columns.insert(columns.end(), {"futureWriteLimit", "pastWriteLimit"});
    columns.push_back("default");
    writer.begin_series({"", {}, columns});
    for (const auto& policy : database->retention_policies) {
        if (!may_read(context, *catalog, database->name, policy->name)) continue;
        const std::string duration = format_go_duration(policy->duration_ns);
        const std::string group = format_go_duration(policy->shard_group_duration_ns);
        writer.begin_row();
        writer.value(Value::of_string(policy->name));
        writer.value(Value::of_string(duration));
        writer.value(Value::of_string(group));
        writer.value(Value::of_integer(policy->replica_n));
        if (has_limits) {
            const std::string future = format_go_duration(policy->write_limits.future_ns);
            const std::string past = format_go_duration(policy->write_limits.past_ns);
            writer.value(Value::of_string(future));
            writer.value(Value::of_string(past));
        }
        writer.value(Value::of_boolean(policy->name == database->default_retention_policy));
        writer.end_row();
    }
    writer.end_series();
    co_return Result<void>();
}

}  // namespace sluice::query
