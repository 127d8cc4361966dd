#include "query/compile/full_names.h"

#include "sluice/model/errors.h"

namespace sluice::query {
namespace {

using namespace influxql;

// Visits the target, then the sources and what lies below them. `Select` may be const.
template <typename Select, typename F>
Result<void> for_each_measurement(Select& select, const F& visit) {
    if (select.target) {
        SLUICE_TRY_VOID(visit(*select.target, true));
    }
    for (auto& source : select.sources) {
        if (auto* measurement = source.measurement()) {
            SLUICE_TRY_VOID(visit(*measurement, false));
        } else {
            auto& subquery = std::get<Box<SelectStatement>>(source.node);
            SLUICE_TRY_VOID(for_each_measurement(*subquery, visit));
        }
    }
    return {};
}

}  // namespace

Result<void> complete_names(SelectStatement& select, const meta::Catalog& catalog,
                            const Defaults& defaults) {
    return for_each_measurement(select, [&](Measurement& measurement, bool is_target) {
        if (!is_target || !measurement.name.empty()) {
            return normalize(measurement, catalog, defaults);
        }
        // Named after its source, by :MEASUREMENT.
        // normalize() refuses a measurement without a name, so it gets one for the while.
        measurement.name = "-";
        Result<void> done = normalize(measurement, catalog, defaults);
        measurement.name.clear();
        return done;
    });
}

Result<void> check_policies(const SelectStatement& select, const meta::Catalog& catalog) {
    return for_each_measurement(select, [&](const Measurement& measurement, bool) -> Result<void> {
        const meta::Database* database = catalog.find_database(measurement.database);
        if (database == nullptr) return model::database_not_found(measurement.database);
        if (database->find_policy(measurement.retention_policy) != nullptr) return {};
        return model::retention_policy_not_found(measurement.database + "." +
                                                 measurement.retention_policy);
    });
}

}  // namespace sluice::query
