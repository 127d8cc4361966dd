// Rows of one core on their way into a batch.
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

// Appends rows of one series after the other to a batch.
class RowCollector {
public:
    RowCollector(const SelectPlan& plan, RowBatch& batch, bool with_sequences);

    // `limits` are of the store that is read.
    void begin_series(const Piece& piece, PieceScan::SeriesPlace place, std::string_view key,
                      RowLimits& limits);
    void end_series();

    // Whether the rows of a block can be left out because of what its statistics say.
    bool can_skip(const storage::SeriesRun& run);

    // The nearest row of a block, where no other of it is wanted and its statistics have it all.
    bool add_nearest(const storage::SeriesRun& run);
    void add_run(const storage::SeriesRun& run);

private:
    // The first of the run's rows that descending order can still want.
    std::size_t find_latest(const storage::SeriesRun& run, const SeriesRows& rows);

    // Whether the row exists and passes; its values are in fields_.
    bool read_row(const storage::SeriesRun& run, std::size_t row);
    void append(model::Timestamp time, std::uint64_t sequence);
    void drop_old_rows(SeriesRows& rows);

    const SelectPlan& plan_;
    RowBatch& batch_;
    const bool with_sequences_;
    const ScanColumns columns_;
    RunPredicate predicate_;
    RowCondition condition_;
    std::vector<Value> fields_;
    std::vector<std::uint8_t> accepted_;  // by row of the run, where the predicate decided it
    bool decided_ = true;
    Verdict verdict_ = Verdict::kAlways;
    RowLimits* limits_ = nullptr;              // of the series; null: all its rows are wanted
    std::optional<model::Timestamp> counted_;  // the row that was added to them last
    bool open_ = false;
};

}  // namespace sluice::query
