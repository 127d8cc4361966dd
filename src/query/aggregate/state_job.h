// A StateJob lets every core read its own stores into partial states of windows.
#pragma once

#include <cstdint>
#include <vector>

#include "query/aggregate/aggregate_table.h"
#include "query/scan/core_session.h"
#include "query/scan/scan_portion.h"
#include "query/scan/select_budget.h"
#include "query/scan/shared_series.h"
#include "query/session/data_source.h"

namespace sluice::query {

// It aggregates all series except those that several stores share, whose rows must be merged first.
//
// A core that meets its bound of memory stops and says so in `overflows`; the others go on to their
// ends, since nothing is sent between cores while a job runs. The caller drops all tables then, and
// tries with a smaller portion.
class StateJob final : public CoreJob {
public:
    StateJob(const SelectPlan& plan, std::vector<CoreSession>& sessions, const SharedSeries& shared,
             const ScanPortion& portion, const SelectBudget& budget,
             std::uint64_t memory_bytes_max);
    bool concerns(std::uint32_t core) const override { return sessions_[core].has_matches; }
    io::Task<Result<void>> run(CoreView& core) override;

    // One element per core. The caller moves the tables out.
    std::vector<AggregateTable> tables;
    std::vector<std::uint8_t> overflows;
    // The points that went into the table, which max-select-point counts when the job is of use.
    std::vector<std::uint64_t> points;

private:
    io::Task<Result<void>> aggregate_piece(CoreView& core, const Piece& piece);

    const SelectPlan& plan_;
    std::vector<CoreSession>& sessions_;
    const SharedSeries& shared_;
    const ScanPortion portion_;
    const SelectBudget& budget_;
    const std::uint64_t memory_bytes_max_;
};

}  // namespace sluice::query
