#include <map>
#include <set>

#include "query/show_schema.h"
#include "query/show_selection.h"

namespace sluice::query {

io::Task<Result<void>> run(StatementContext& context, influxql::ShowFieldKeysStatement show) {
    const auto catalog = context.source.catalog();
    SLUICE_CO_TRY(const meta::Database* database,
                  find_database(*catalog, show.clauses.database, context.defaults));
    std::map<std::string, std::set<std::pair<std::string, std::string>>> fields;
    for (const auto& policy : database->retention_policies) {
        for (const auto& group : policy->shard_groups) {
            group->measurements.for_each([&](const meta::MeasurementSchema& schema) {
                if (!names_measurement(show.clauses.sources, schema.name)) return;
                for (const meta::Field& field : schema.fields()) {
                    fields[schema.name].emplace(field.name, model::field_type_name(field.type));
                }
            });
        }
    }
    AnswerWriter& writer = context.writer;
    for (const auto& [measurement, keys] : fields) {
        const auto shown =
            limited(std::vector<std::pair<std::string, std::string>>(keys.begin(), keys.end()),
                    show.clauses.limit, show.clauses.offset);
        if (shown.empty()) continue;
        writer.begin_series({measurement, {}, {"fieldKey", "fieldType"}});
        for (const auto& [key, type] : shown) {
            writer.begin_row();
            writer.value(Value::of_string(key));
            writer.value(Value::of_string(type));
            writer.end_row();
        }
        writer.end_series();
    }
    co_return Result<void>();
}

}  // namespace sluice::query
