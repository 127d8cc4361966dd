// FilteredStates puts the rows of runs into the states of an AggregateTable, as far as the
// condition of the statement lets them pass.
//
// The condition is decided as early as possible: for a series by its tags (RowCondition), for a run
// by its statistics or by columns (RunPredicate), and only then row by row. A run that came as
// statistics is used as it is only if all of its rows pass, or none does, and if the states need no
// more than statistics (SeriesStates::judge).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "query/aggregate/series_states.h"
#include "query/scan/run_predicate.h"
#include "query/scan/series_filter.h"

namespace sluice::query {

class FilteredStates {
public:
    // Everything outlives the aggregator.
    FilteredStates(const SelectPlan& plan, const ScanColumns& columns, AggregateTable& table);

    // Returns whether runs may come as statistics: the condition must be decidable without rows.
    bool takes_statistics() const { return predicate_.is_supported() || !depends_on_fields_; }

    void begin_series(std::uint32_t tag_set, std::string_view key);
    // Adds a run; times ascend from run to run of a series. It returns false if the run came as
    // statistics and its rows are needed: then nothing was added.
    bool add(const storage::SeriesRun& run);
    void end_series() { aggregator_.end_series(); }

    // The number of rows that passed, of all series.
    std::uint64_t rows_added() const { return rows_added_; }

private:
    bool add_statistics(const storage::SeriesRun& run);
    void accept_rows(const storage::SeriesRun& run);

    const SelectPlan& plan_;
    const ScanColumns& columns_;
    const bool depends_on_fields_;  // of some series; of which ones, verdict_ says
    RunPredicate predicate_;
    SeriesStates aggregator_;
    RowCondition condition_;
    Verdict verdict_ = Verdict::kAlways;  // on the present series, by its tags
    std::uint64_t rows_added_ = 0;
    std::vector<Value> fields_;
    std::vector<std::uint8_t> accepted_;  // by row
};

}  // namespace sluice::query
