// Which points of a data directory an export is about.
#pragma once

#include <string>

#include "sluice/base/result.h"
#include "sluice/meta/catalog.h"
#include "sluice/model/timestamp.h"

namespace sluice::server {

struct ExportSelection {
    std::string database;          // empty: all
    std::string retention_policy;  // empty: all
    std::string measurement;       // empty: all
    model::TimeRange range;

    bool has(const meta::Database& each) const { return database.empty() || database == each.name; }
    bool has(const meta::RetentionPolicy& each) const {
        return retention_policy.empty() || retention_policy == each.name;
    }
    bool has(const meta::MeasurementSchema& each) const {
        return measurement.empty() || measurement == each.name;
    }
    // kNotFound: a name is not there. That is an error, not an empty export that looks like a
    // success.
    Result<void> check_names(const meta::Catalog& catalog) const;
};

}  // namespace sluice::server
