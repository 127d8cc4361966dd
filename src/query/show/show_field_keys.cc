// SHOW FIELD KEYS is answered here from the catalog, which knows names and types of fields.
#include <map>
#include <set>

#include "query/select/live_measurements.h"
#include "query/show/series_selection.h"
#include "query/show/show_statements.h"

namespace sluice::query {
namespace {

// The names and types of fields by measurement, in the order of both.
using FieldKeys = std::map<std::string, std::set<std::pair<std::string, std::string>>>;

// InfluxDB does not show the fields of measurements without points.
using LiveDatabases = std::map<const meta::Database*, LiveMeasurements>;

FieldKeys collect_field_keys(const std::vector<ShowSource>& sources, const LiveDatabases& live) {
    // A policy that several sources name is gone through once; a field of several groups appears
    // once.
    std::set<const meta::RetentionPolicy*> policies;
    for (const ShowSource& source : sources) policies.insert(source.policy);
    FieldKeys fields;
    for (const meta::RetentionPolicy* policy : policies) {
        for (const auto& group : policy->shard_groups) {
            group->measurements.for_each([&](const meta::MeasurementSchema& schema) {
                const bool wanted =
                    std::any_of(sources.begin(), sources.end(), [&](const ShowSource& source) {
                        return source.names(schema.name) &&
                               live.at(source.database).contains(schema.name);
                    });
                if (!wanted) return;
                for (const meta::Field& field : schema.fields()) {
                    fields[schema.name].emplace(field.name, model::field_type_name(field.type));
                }
            });
        }
    }
    return fields;
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowFieldKeysStatement show) {
    const influxql::ShowClauses& clauses = show.clauses;
    const auto catalog = context.source.catalog();
    SLUICE_CO_TRY(const std::vector<ShowSource> sources,
                  resolve_show_sources(context, clauses, *catalog));
    LiveDatabases live;
    for (const ShowSource& source : sources) {
        if (live.contains(source.database)) continue;
        SLUICE_CO_TRY(LiveMeasurements found,
                      co_await LiveMeasurements::find(context.source, *source.database));
        live.emplace(source.database, std::move(found));
    }
    AnswerWriter& writer = context.writer;
    for (const auto& [measurement, keys] : collect_field_keys(sources, live)) {
        const auto shown =
            limited(std::vector<std::pair<std::string, std::string>>(keys.begin(), keys.end()),
                    clauses.limit, clauses.offset);
        if (shown.empty()) continue;
        writer.begin_series({measurement, {}, {"fieldKey", "fieldType"}});
        for (const auto& [key, type] : shown) {
            writer.begin_row();
            writer.value(Value::of_string(key));
            writer.value(Value::of_string(type));
            writer.end_row();
        }
        writer.end_series();
        if (!writer.should_flush()) continue;
        const bool goes_on = co_await writer.flush();
        if (!goes_on) break;
    }
    co_return Result<void>();
}

}  // namespace sluice::query
