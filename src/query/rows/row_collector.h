// A RowCollector appends rows of one series after the other to the batch of a core.
//
// Which rows it takes is decided in one of three ways. If the tags decide the condition for the
// whole series, all rows are taken or none. If the condition depends on fields, RunPredicate
// decides it for a run at once where it can, and RowCondition row by row otherwise. Rows of a
// shared series are all taken, because the condition is about the merged row.
//
// Where LIMIT wants few rows of a tag set, RowLimits knows how far away a row can be and still
// matter. Ascending, a series ends at the first row beyond. Descending, the last rows of a series
// are the nearest: a run is entered at the first row that can still matter (find_latest), and rows
// that later ones make superfluous are dropped from the batch in bulk (drop_old_rows). What is left
// out sets has_more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "query/rows/row_batch.h"
#include "query/rows/row_limits.h"
#include "query/scan/piece_scan.h"
#include "query/scan/row_condition.h"
#include "query/scan/run_predicate.h"
#include "query/scan/select_plan.h"
#include "sluice/storage/scan.h"

namespace sluice::query {

// A collector is made for each piece and writes behind what the pieces before have left in the
// batch. Its series is open from begin_series() to end_series(); between these, SeriesRows::end is
// not set.
class RowCollector {
public:
    RowCollector(const SelectPlan& plan, RowBatch& batch, bool with_sequences);

    // Begins a series and ends the one before. `limits` are those of the store that is read.
    void begin_series(const Piece& piece, PieceScan::SeriesPlace place, std::string_view key,
                      RowLimits& limits);
    void end_series();

    // Returns whether the rows of a block can be left out because of its statistics: none passes,
    // or all lie beyond the limit.
    bool can_skip(const storage::SeriesRun& run);

    // Adds the nearest row of a block from its statistics, if no other row of it is wanted and the
    // statistics have all of its values. Otherwise it returns false and adds nothing.
    bool add_nearest(const storage::SeriesRun& run);
    void add_run(const storage::SeriesRun& run);

private:
    // Returns the first row of the run that a descending answer can still want.
    std::size_t find_latest(const storage::SeriesRun& run, const SeriesRows& rows);

    // Reads a row into fields_, and returns whether it exists, which means that it has a value, and
    // passes the condition.
    bool read_row(const storage::SeriesRun& run, std::size_t row);
    // Adds fields_ to the batch as a row. Strings are copied, since the run goes away.
    void append(model::Timestamp time, std::uint64_t sequence);
    // Removes rows of a descending answer that later rows of the same series have made superfluous.
    void drop_old_rows(SeriesRows& rows);

    const SelectPlan& plan_;
    RowBatch& batch_;
    const bool with_sequences_;
    const ScanColumns& columns_;
    RunPredicate predicate_;
    RowCondition condition_;
    std::vector<Value> fields_;
    std::vector<std::uint8_t> accepted_;  // by row of the run, where the predicate decided it
    bool decided_ = true;  // the condition on the present run, without looking at its rows
    Verdict verdict_ = Verdict::kAlways;
    RowLimits* limits_ = nullptr;              // of the series; null: all its rows are wanted
    std::optional<model::Timestamp> counted_;  // the row that was added to them last
    bool open_ = false;
};

}  // namespace sluice::query
