#include "query/compile/sources.h"

#include <algorithm>
#include <set>

#include "query/expr/value.h"
#include "sluice/model/errors.h"

namespace sluice::query {

using influxql::DataType;

Result<void> normalize(influxql::Measurement& measurement, const meta::Catalog& catalog,
                       const Defaults& defaults) {
    if (measurement.name.empty() && !measurement.regex) {
        return Error{ErrorKind::kInvalid, "invalid measurement"};
    }
    return normalize_target(measurement, catalog, defaults);
}

Result<void> normalize_target(influxql::Measurement& measurement, const meta::Catalog& catalog,
                              const Defaults& defaults) {
    if (measurement.database.empty()) measurement.database = defaults.database;
    if (measurement.database.empty()) {
        return model::database_name_required();
    }
    const meta::Database* database = catalog.find_database(measurement.database);
    if (database == nullptr) return model::database_not_found(measurement.database);
    if (!measurement.retention_policy.empty()) return {};
    measurement.retention_policy = defaults.retention_policy.empty()
                                       ? database->default_retention_policy
                                       : defaults.retention_policy;
    if (measurement.retention_policy.empty()) {
        return Error{ErrorKind::kInvalid,
                     "default retention policy not set for: " + database->name};
    }
    return {};
}

// A field may have another type in each shard group. The query reads it in one, the one that wins
// in InfluxDB's order of types; values of the others are cast or left out.
void add_measurement(const meta::RetentionPolicy& policy, std::string_view name,
                     const model::TimeRange& range, ResolvedSources& resolved) {
    PlannedSource source{std::string(name), {}};
    for (const auto& group : policy.shard_groups) {
        if (!group->range.overlaps(range)) continue;
        const meta::MeasurementSchema* schema = group->measurements.find(name);
        if (schema == nullptr) continue;
        source.groups.push_back({group->range, group->id});
        for (const meta::Field& field : schema->fields()) {
            DataType& type = resolved.fields[field.name];
            const DataType here = data_type_of(field.type);
            if (influxql::data_type_less(type, here)) type = here;
        }
    }
    if (!source.groups.empty()) resolved.sources.push_back(std::move(source));
}

std::vector<std::string> measurement_names(const meta::RetentionPolicy& policy,
                                           const model::TimeRange& range) {
    std::set<std::string, std::less<>> names;
    for (const auto& group : policy.shard_groups) {
        if (!group->range.overlaps(range)) continue;
        group->measurements.for_each(
            [&](const meta::MeasurementSchema& schema) { names.insert(schema.name); });
    }
    return {names.begin(), names.end()};
}

Result<ResolvedSources> resolve_sources(const std::vector<influxql::Source>& sources,
                                        const meta::Catalog& catalog,
                                        const model::TimeRange& range) {
    ResolvedSources resolved;
    for (const influxql::Source& source : sources) {
        const influxql::Measurement& wanted = *source.measurement();
        const meta::Database* database = catalog.find_database(wanted.database);
        if (database == nullptr) return model::database_not_found(wanted.database);
        const meta::RetentionPolicy* policy = database->find_policy(wanted.retention_policy);
        if (policy == nullptr) {
            return model::retention_policy_not_found(wanted.retention_policy);
        }
        if (!wanted.regex) {
            add_measurement(*policy, wanted.name, range, resolved);
            continue;
        }
        for (const std::string& name : measurement_names(*policy, range)) {
            if (wanted.regex->matches(name)) add_measurement(*policy, name, range, resolved);
        }
    }
    return resolved;
}

}  // namespace sluice::query
