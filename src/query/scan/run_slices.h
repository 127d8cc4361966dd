// RunSlices parts the runs of a scan where the condition or the width of a statement makes a row
// dear, so that the work between two breaths of a core does not grow with the statement.
//
//     for (std::size_t row = 0; row < run.rows; row += slices.rows()) {
//         use(slices.part(run, row));
//         co_await core.breathe();
//     }
#pragma once

#include <algorithm>
#include <cstddef>

#include "query/expr/evaluate.h"
#include "query/scan/select_plan.h"
#include "sluice/storage/scan.h"

namespace sluice::query {

// Makes `part` rows [begin, begin + count) of a run of rows, and valid as long as the run.
inline void show_rows(const storage::SeriesRun& run, std::size_t begin, std::size_t count,
                      storage::SeriesRun& part) {
    part.series_key = run.series_key;
    part.rows = count;
    part.times = run.times.subspan(begin, count);
    part.time_first = part.times.front();
    part.time_last = part.times.back();
    part.sequences = run.sequences.empty() ? run.sequences : run.sequences.subspan(begin, count);
    part.columns = run.columns;
    for (storage::ColumnView& column : part.columns) {
        if (!column.words.empty()) column.words = column.words.subspan(begin, count);
        if (!column.texts.empty()) column.texts = column.texts.subspan(begin, count);
        if (!column.flags.empty()) column.flags = column.flags.subspan(begin, count);
        column.validity_offset += static_cast<std::uint32_t>(begin);
    }
}

// It belongs to one loop on one core. A part is valid as long as its run, until the next part.
class RunSlices {
public:
    explicit RunSlices(const SelectPlan& plan)
        : rows_(rows_between_breaths(evaluation_cost(plan.condition.get()) + plan.fields.size())) {}

    std::size_t rows() const { return rows_; }

    // Returns whether a run of so many rows ends a step, behind which the core breathes. Short runs
    // are done faster than a clock is read.
    bool is_due(std::size_t rows) {
        since_breath_ += kRowsARunCosts + rows;
        if (since_breath_ < std::min(rows_, kRowsPerStep)) return false;
        since_breath_ = 0;
        return true;
    }

    // Returns the rows of `run` from `begin` on, as many as one step may take. A small run is
    // returned as it is. Statistics are never parted.
    const storage::SeriesRun& part(const storage::SeriesRun& run, std::size_t begin) {
        if (run.rows <= rows_ || run.is_statistics()) return run;
        show_rows(run, begin, std::min(rows_, run.rows - begin), part_);
        return part_;
    }

private:
    static constexpr std::size_t kRowsARunCosts = 32;
    static constexpr std::size_t kRowsPerStep = 512;

    const std::size_t rows_;
    std::size_t since_breath_ = 0;
    storage::SeriesRun part_;
};

}  // namespace sluice::query
