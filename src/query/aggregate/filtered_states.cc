#include "query/aggregate/filtered_states.h"

#include <algorithm>

#include "sluice/base/check.h"

namespace sluice::query {

FilteredStates::FilteredStates(const SelectPlan& plan, const ScanColumns& columns,
                               AggregateTable& table)
    : plan_(plan),
      columns_(columns),
      depends_on_fields_(has_field_condition(plan)),
      predicate_(plan, columns),
      aggregator_(plan, table),
      condition_(plan),
      fields_(plan.fields.size()) {}

void FilteredStates::begin_series(std::uint32_t tag_set, std::string_view key) {
    aggregator_.begin_series(tag_set, key);
    verdict_ = condition_.begin_series(key);
    if (verdict_ == Verdict::kDependsOnFields) predicate_.begin_series(condition_);
}

bool FilteredStates::add(const storage::SeriesRun& run) {
    if (verdict_ == Verdict::kNever) return true;
    if (run.is_statistics()) return add_statistics(run);
    if (verdict_ == Verdict::kAlways) {
        aggregator_.add_run(run, nullptr);
        rows_added_ += run.rows;
        return true;
    }
    if (!predicate_.is_supported() || !predicate_.evaluate(run, accepted_)) accept_rows(run);
    SLUICE_CHECK(accepted_.size() == run.rows);
    aggregator_.add_run(run, &accepted_);
    rows_added_ +=
        static_cast<std::uint64_t>(std::count(accepted_.begin(), accepted_.end(), std::uint8_t{1}));
    return true;
}

// Statistics are used if what they say holds for all of their rows; a run of which some rows pass
// is asked for again.
bool FilteredStates::add_statistics(const storage::SeriesRun& run) {
    const Verdict rows = verdict_ == Verdict::kDependsOnFields ? predicate_.judge(run) : verdict_;
    if (rows == Verdict::kNever) return true;
    if (rows != Verdict::kAlways) return false;
    switch (aggregator_.judge(run)) {
        case SeriesStates::StatisticsUse::kNone:
            return true;
        case SeriesStates::StatisticsUse::kAll:
            aggregator_.add_statistics(run);
            rows_added_ += run.rows;
            return true;
        case SeriesStates::StatisticsUse::kRows:
            break;
    }
    return false;
}

// The slow way, for conditions that are more than comparisons with numbers, and for runs whose
// column has another type than the plan.
void FilteredStates::accept_rows(const storage::SeriesRun& run) {
    accepted_.assign(run.rows, 0);
    for (std::size_t row = 0; row < run.rows; ++row) {
        for (std::size_t i = 0; i < plan_.fields.size(); ++i) {
            fields_[i] =
                column_value(run.columns[columns_.column_of_field[i]], row, plan_.fields[i].type);
        }
        accepted_[row] = condition_.accepts(fields_.data()) ? 1 : 0;
    }
}

}  // namespace sluice::query
