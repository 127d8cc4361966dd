#include "server/export/table_survey.h"

#include <algorithm>

#include "server/export/group_export.h"
#include "sluice/base/hash.h"
#include "sluice/io/reactor.h"
#include "sluice/model/series_key.h"

namespace sluice::server {
namespace {

// The hashes that two stores have. Each store names a series once.
SharedSeries shared_of(PodVector<std::uint64_t> hashes) {
    std::sort(hashes.begin(), hashes.end());
    SharedSeries shared;
    for (std::size_t i = 1; i < hashes.size(); ++i) {
        const bool is_again = !shared.empty() && shared.back() == hashes[i];
        if (hashes[i] == hashes[i - 1] && !is_again) shared.push_back(hashes[i]);
    }
    return shared;
}

class Survey {
public:
    Survey(TableSurvey& table, SurveyedGroup& group) : table_(table), group_(group) {}

    void add(const storage::SeriesRun& run) {
        if (run.series_key != series_key_) begin_series(run.series_key);
        if (!table_.needs_nanos) {
            table_.needs_nanos = std::any_of(run.times.begin(), run.times.end(),
                                             [](auto time) { return time % kMicrosecondNs != 0; });
        }
        // From day to day, not from row to row.
        for (std::size_t at = 0; at < run.times.size();) {
            const std::int64_t day = day_of(run.times[at]);
            group_.days.insert(day);
            const model::TimeRange range = range_of_day(day);
            const auto next = std::lower_bound(run.times.begin() + static_cast<std::ptrdiff_t>(at),
                                               run.times.end(), range.end);
            at = static_cast<std::size_t>(next - run.times.begin());
        }
    }
    void end_store() { series_key_.clear(); }
    SharedSeries shared() { return shared_of(std::move(hashes_)); }

private:
    void begin_series(std::string_view key) {
        series_key_ = key;
        hashes_.push_back(hash_bytes(key));
        for (model::Tag& tag : model::parse_series_key(key).tags) {
            if (!table_.tags.contains(tag.key)) table_.tags.insert(std::move(tag.key));
        }
    }

    TableSurvey& table_;
    SurveyedGroup& group_;
    std::string series_key_;
    PodVector<std::uint64_t> hashes_;
};

io::Task<Result<void>> survey_group(const std::vector<storage::Store*>& stores,
                                    storage::ScanSpec spec, TableSurvey& table,
                                    SurveyedGroup& group) {
    Survey survey(table, group);
    for (storage::Store* store : stores) {
        storage::Scan scan = store->scan(spec);
        storage::SeriesRun run;
        while (true) {
            SLUICE_CO_TRY(const bool more, co_await scan.next(run));
            if (!more) break;
            survey.add(run);
            if (is_ended_by_signal()) {
                co_return Error{ErrorKind::kCancelled, "ended by a signal before all was read"};
            }
        }
        survey.end_store();
    }
    group.shared = survey.shared();
    co_return Result<void>();
}

}  // namespace

std::int64_t day_of(model::Timestamp time) {
    return time / kDayNs - (time % kDayNs < 0 ? 1 : 0);
}

model::TimeRange range_of_day(std::int64_t day) {
    // The first and the last day reach beyond what a number holds.
    model::TimeRange range;
    if (day != day_of(model::kTimestampMin)) range.begin = day * kDayNs;
    if (day != day_of(model::kTimestampMax)) range.end = (day + 1) * kDayNs;
    return range;
}

io::Task<Result<TableSurvey>> survey_table(const std::vector<storage::Store*>& stores,
                                           const meta::RetentionPolicy& policy,
                                           std::string measurement, model::TimeRange range) {
    TableSurvey table;
    for (const auto& group : policy.shard_groups) {
        const meta::MeasurementSchema* const schema = group->measurements.find(measurement);
        if (schema == nullptr || !group->range.overlaps(range)) continue;
        storage::ScanSpec spec;
        spec.group = group->id;
        spec.measurement = measurement;
        spec.range = range;
        SurveyedGroup surveyed;
        surveyed.group = group.get();
        SLUICE_CO_TRY_VOID(co_await survey_group(stores, std::move(spec), table, surveyed));
        if (surveyed.days.empty()) continue;
        table.groups.push_back(std::move(surveyed));
        for (const meta::Field& field : schema->fields()) {
            table.fields.insert({field.name, field.type});
        }
    }
    co_return table;
}

}  // namespace sluice::server
