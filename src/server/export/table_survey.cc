#include "server/export/table_survey.h"

#include <algorithm>

#include "sluice/base/hash.h"
#include "sluice/io/mailbox.h"
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

// What one store has of a group. It travels from the store's core.
struct StoreSurvey {
    std::set<std::int64_t> days;
    std::set<std::string> tags;
    PodVector<std::uint64_t> series;  // by hash
    bool needs_nanos = false;
};

class Survey {
public:
    void add(const storage::SeriesRun& run) {
        if (run.series_key != series_key_) begin_series(run.series_key);
        if (!found_.needs_nanos) {
            found_.needs_nanos = std::any_of(run.times.begin(), run.times.end(),
                                             [](auto time) { return time % kMicrosecondNs != 0; });
        }
        // From day to day, not from row to row.
        for (std::size_t at = 0; at < run.times.size();) {
            const std::int64_t day = day_of(run.times[at]);
            found_.days.insert(day);
            const model::TimeRange range = range_of_day(day);
            const auto next = std::lower_bound(run.times.begin() + static_cast<std::ptrdiff_t>(at),
                                               run.times.end(), range.end);
            at = static_cast<std::size_t>(next - run.times.begin());
        }
    }
    StoreSurvey take() { return std::move(found_); }

private:
    void begin_series(std::string_view key) {
        series_key_ = key;
        found_.series.push_back(hash_bytes(key));
        for (model::Tag& tag : model::parse_series_key(key).tags) {
            if (!found_.tags.contains(tag.key)) found_.tags.insert(std::move(tag.key));
        }
    }

    StoreSurvey found_;
    std::string series_key_;
};

// On the store's core.
io::Task<Result<StoreSurvey>> survey_store(storage::Store* store, storage::ScanSpec spec,
                                           const ExportPace* pace) {
    Survey survey;
    storage::Scan scan = store->scan(std::move(spec));
    storage::SeriesRun run;
    while (true) {
        SLUICE_CO_TRY(const bool more, co_await scan.next(run));
        if (!more) break;
        survey.add(run);
        if (pace->is_ended()) {
            co_return Error{ErrorKind::kCancelled, "ended by a signal before all was read"};
        }
    }
    co_return survey.take();
}

}  // namespace

// Tables need all their columns before the first row is written, so everything is read once for its
// names: tags that occur, days that have rows, and whether any time is finer than a microsecond.
io::Task<Result<void>> survey_group(const RowPlaces& places,
                                    std::shared_ptr<const meta::ShardGroup> group,
                                    std::string measurement, model::TimeRange range,
                                    const ExportPace& pace, TableSurvey& table) {
    const meta::MeasurementSchema* const schema = group->measurements.find(measurement);
    if (schema == nullptr) co_return Result<void>();
    storage::ScanSpec spec;
    spec.group = group->id;
    spec.measurement = std::move(measurement);
    spec.range = range;
    spec.view = places.view;
    SurveyedGroup surveyed;
    PodVector<std::uint64_t> hashes;
    for (const StorePlace& place : places.stores) {
        const auto work = [&place, &spec, &pace] { return survey_store(place.store, spec, &pace); };
        SLUICE_CO_TRY(StoreSurvey found, co_await io::call_on(place.core, work));
        surveyed.days.merge(found.days);
        table.tags.merge(found.tags);
        hashes.append({found.series.data(), found.series.size()});
        table.needs_nanos = table.needs_nanos || found.needs_nanos;
    }
    if (surveyed.days.empty()) co_return Result<void>();
    surveyed.shared = shared_of(std::move(hashes));
    for (const meta::Field& field : schema->fields()) table.fields.insert({field.name, field.type});
    surveyed.group = std::move(group);
    table.groups.push_back(std::move(surveyed));
    co_return Result<void>();
}

// Days since 1970-01-01, and negative before: dividing rounds towards zero, so a remainder below it
// belongs to the day before.
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

io::Task<Result<TableSurvey>> survey_table(const RowPlaces& places,
                                           const meta::RetentionPolicy& policy,
                                           std::string measurement, model::TimeRange range,
                                           const ExportPace& pace) {
    TableSurvey table;
    for (const auto& group : policy.shard_groups) {
        if (!group->range.overlaps(range)) continue;
        SLUICE_CO_TRY_VOID(co_await survey_group(places, group, measurement, range, pace, table));
    }
    co_return table;
}

}  // namespace sluice::server
