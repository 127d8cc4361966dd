// What has to be known of a measurement before the first of its files is begun, so that all of them
// have the same columns.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/export/export_selection.h"
#include "server/export/merged_rows.h"
#include "sluice/io/task.h"
#include "sluice/lake/table_columns.h"
#include "sluice/meta/catalog.h"

namespace sluice::server {

// One shard group that has the measurement.
struct SurveyedGroup {
    const meta::ShardGroup* group = nullptr;
    std::set<std::int64_t> days;  // since 1970, those with a point
    SharedSeries shared;
};

struct TableSurvey {
    std::vector<SurveyedGroup> groups;  // in order of time, without those that have no point
    std::set<std::string> tags;
    std::set<lake::TableField> fields;
    bool needs_nanos = false;

    lake::TableColumns columns() const {
        return {needs_nanos,
                {tags.begin(), tags.end()},
                std::vector<lake::TableField>(fields.begin(), fields.end())};
    }
};

// The day of a time, and the times of a day as far as there are any.
std::int64_t day_of(model::Timestamp time);
model::TimeRange range_of_day(std::int64_t day);

// Reads the times of all points. `stores` and `policy` live until completion.
io::Task<Result<TableSurvey>> survey_table(const std::vector<storage::Store*>& stores,
                                           const meta::RetentionPolicy& policy,
                                           std::string measurement, model::TimeRange range);

}  // namespace sluice::server
