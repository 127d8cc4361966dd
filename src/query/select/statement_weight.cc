#include "query/select/statement_weight.h"

namespace sluice::query {
namespace {

using namespace influxql;

std::size_t parts_of(const Expr& expr) {
    std::size_t parts = 0;
    walk(expr, [&parts](const Expr&) { ++parts; });
    return parts;
}

// Adds the fields of a measurement in each shard group, which are gone through one by one.
std::size_t weight_of(const Measurement& measurement, const meta::Catalog& catalog) {
    const meta::Database* database = catalog.find_database(measurement.database);
    const meta::RetentionPolicy* policy =
        database == nullptr ? nullptr : database->find_policy(measurement.retention_policy);
    std::size_t weight = 1;
    if (policy == nullptr) return weight;
    for (const auto& group : policy->shard_groups) {
        if (++weight > kWeightOnCoreMax) break;
        if (!measurement.regex) {
            const meta::MeasurementSchema* schema = group->measurements.find(measurement.name);
            if (schema != nullptr) weight += schema->fields().size();
            continue;
        }
        weight += group->measurements.size();
        if (weight > kWeightOnCoreMax) break;
        group->measurements.for_each(
            [&weight](const meta::MeasurementSchema& schema) { weight += schema.fields().size(); });
    }
    return weight;
}

}  // namespace

std::size_t weight_of(const SelectStatement& select, const meta::Catalog& catalog) {
    std::size_t weight = 0;
    for (const Field& field : select.fields) weight += parts_of(field.expr);
    for (const Expr& dimension : select.dimensions) weight += parts_of(dimension);
    if (select.condition) weight += parts_of(*select.condition);
    for (const Source& source : select.sources) {
        if (weight > kWeightOnCoreMax) break;
        if (const Measurement* measurement = source.measurement()) {
            weight += weight_of(*measurement, catalog);
        } else if (const SelectStatement* inner = source.subquery()) {
            weight += weight_of(*inner, catalog);
        }
    }
    return weight;
}

}  // namespace sluice::query
