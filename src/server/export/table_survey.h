// What has to be known of a measurement before the first of its files is begun, so that all of them
// have the same columns.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/export/export_pace.h"
#include "server/export/merged_rows.h"
#include "sluice/io/task.h"
#include "sluice/lake/table_columns.h"
#include "sluice/meta/catalog.h"

namespace sluice::server {

// Where rows of a shard group are read. `view`: that of a query, in a running server.
struct RowPlaces {
    std::vector<StorePlace> stores;
    storage::Epoch view = storage::kNow;
};

// One shard group that has the measurement.
struct SurveyedGroup {
    std::shared_ptr<const meta::ShardGroup> group;
    std::set<std::int64_t> days;  // since 1970, those with a point
    SharedSeries shared;
};

struct TableSurvey {
    std::vector<SurveyedGroup> groups;  // in order of time, without those that have no point
    std::set<std::string> tags;
    std::set<lake::TableField> fields;
    bool needs_nanos = false;

    lake::TableColumns columns(const lake::TableNames& names) const {
        return {needs_nanos,
                {tags.begin(), tags.end()},
                std::vector<lake::TableField>(fields.begin(), fields.end()),
                names};
    }
};

// The day of a time, and the times of a day as far as there are any.
std::int64_t day_of(model::Timestamp time);
model::TimeRange range_of_day(std::int64_t day);

// Reads the times of the points of one group and adds what it finds to `table`, unless there are
// none. A group without the measurement has no point. All arguments live until
// completion. kCancelled: the pace has ended it.
io::Task<Result<void>> survey_group(const RowPlaces& places,
                                    std::shared_ptr<const meta::ShardGroup> group,
                                    std::string measurement, model::TimeRange range,
                                    const ExportPace& pace, TableSurvey& table);
// All groups of the policy.
io::Task<Result<TableSurvey>> survey_table(const RowPlaces& places,
                                           const meta::RetentionPolicy& policy,
                                           std::string measurement, model::TimeRange range,
                                           const ExportPace& pace);

}  // namespace sluice::server
