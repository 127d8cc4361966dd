// A RowJob lets every core read rows of its own stores.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "query/rows/row_batch.h"
#include "query/scan/core_session.h"
#include "query/scan/scan_portion.h"
#include "query/scan/select_budget.h"
#include "query/scan/select_plan.h"
#include "query/scan/shared_series.h"
#include "query/session/data_source.h"

namespace sluice::query {

// Collects rows. Rows of shared series are collected whatever the condition on fields says, because
// it is about the merged row.
//
// Cores do not know of each other's rows, so each brings all rows that the limit may want if the
// others had none. Together they bring up to as many times the limit as there are cores, of which
// the core of the query takes the first ones in the order of the answer.
class RowJob final : public CoreJob {
public:
    struct Options {
        // The number of rows that are wanted of each tag set, counted from the beginning or, if the
        // order is descending, from the end. 0 means all.
        std::uint64_t rows_max = 0;
        std::uint64_t memory_bytes_max = 0;  // of each batch
        // A core gives up when it has collected more rows of shared series than this: the caller
        // then finds out which of them need merging.
        std::uint64_t shared_rows_max = std::numeric_limits<std::uint64_t>::max();
        // Rows may come from statistics. Those of shared series then have no sequence.
        bool uses_statistics = true;
    };
    RowJob(const SelectPlan& plan, std::vector<CoreSession>& sessions, const SharedSeries& shared,
           const ScanPortion& portion, const SelectBudget& budget, Options options);
    bool concerns(std::uint32_t core) const override { return sessions_[core].has_matches; }
    io::Task<Result<void>> run(CoreView& core) override;

    std::vector<RowBatch> batches;  // by core

    // If one of these is true, the batches are of no use.
    bool has_overflow() const;
    bool has_many_shared() const;
    std::uint64_t points() const;  // of all batches

private:
    io::Task<Result<void>> collect_piece(CoreView& core, const Piece& piece, RowBatch& batch,
                                         class RowLimits& limits);

    const SelectPlan& plan_;
    std::vector<CoreSession>& sessions_;
    const SharedSeries& shared_;
    const ScanPortion portion_;
    const SelectBudget& budget_;
    const Options options_;
};

}  // namespace sluice::query
