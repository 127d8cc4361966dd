#include "server/export/export_selection.h"

namespace sluice::server {
namespace {

bool has_measurement(const meta::RetentionPolicy& policy, const std::string& name) {
    for (const auto& group : policy.shard_groups) {
        if (group->measurements.find(name) != nullptr) return true;
    }
    return false;
}

}  // namespace

Result<void> ExportSelection::check_names(const meta::Catalog& catalog) const {
    bool any_policy = database.empty() && retention_policy.empty();
    bool any_measurement = measurement.empty();
    for (const auto& each : catalog.databases) {
        if (!has(*each)) continue;
        for (const auto& policy : each->retention_policies) {
            if (!has(*policy)) continue;
            any_policy = true;
            any_measurement = any_measurement || has_measurement(*policy, measurement);
        }
    }
    const std::string place = database.empty() ? "any database" : "database " + database;
    if (!any_policy) {
        return Error{ErrorKind::kNotFound,
                     "there is no retention policy " +
                         (retention_policy.empty() ? "of any name" : retention_policy) + " in " +
                         place};
    }
    if (any_measurement) return {};
    return Error{ErrorKind::kNotFound, "there is no measurement " + measurement + " in " + place};
}

}  // namespace sluice::server
