// A ColumnJob collects the rows of series that lie in several stores, for a StoreMerger. The
// condition of the statement is not applied to them yet, because it is about the merged row: each
// store may have only some of its fields, or an older value.
#pragma once

#include <cstdint>
#include <vector>

#include "query/aggregate/piece_columns.h"
#include "query/scan/core_session.h"
#include "query/scan/row_condition.h"
#include "query/scan/scan_portion.h"
#include "query/scan/shared_series.h"
#include "query/session/data_source.h"

namespace sluice::query {

// Returns whether the query needs only the first row of a series that has a value, or only the last
// one.
bool wants_one_row(const SelectPlan& plan);

class ColumnJob final : public CoreJob {
public:
    // Everything outlives the job. `memory_bytes_max` is for each core.
    ColumnJob(const SelectPlan& plan, const ScanColumns& columns,
              std::vector<CoreSession>& sessions, const SharedSeries& shared,
              const ScanPortion& portion, std::uint64_t memory_bytes_max);
    bool concerns(std::uint32_t core) const override { return sessions_[core].has_matches; }
    io::Task<Result<void>> run(CoreView& core) override;

    // Returns whether some core stopped at its bound. Then everything that was collected is of no
    // use.
    bool has_overflow() const;
    std::uint64_t largest_bytes() const;      // of the core that collected most
    std::vector<PieceColumns> take_pieces();  // of all cores

private:
    struct Collected {
        std::vector<PieceColumns> pieces;
        bool overflow = false;
    };

    io::Task<Result<void>> collect_piece(CoreView& core, const Piece& piece, Collected& to);
    void append_selected(const storage::SeriesRun& run, PieceColumns& rows);

    const SelectPlan& plan_;
    const ScanColumns& columns_;
    std::vector<CoreSession>& sessions_;
    const SharedSeries& shared_;
    const ScanPortion portion_;
    const std::uint64_t memory_bytes_max_;
    std::vector<Collected> collected_;  // by core
};

}  // namespace sluice::query
