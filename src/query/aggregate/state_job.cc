// The job of one core makes partial states of windows from the series of its stores, except those
// that several stores share.
#include "query/aggregate/state_job.h"

#include "query/aggregate/filtered_states.h"
#include "query/scan/piece_scan.h"
#include "query/scan/run_slices.h"
#include "sluice/base/check.h"

namespace sluice::query {

StateJob::StateJob(const SelectPlan& plan, std::vector<CoreSession>& sessions,
                   const SharedSeries& shared, const ScanPortion& portion,
                   const SelectBudget& budget, std::uint64_t memory_bytes_max)
    : plan_(plan),
      sessions_(sessions),
      shared_(shared),
      portion_(portion),
      budget_(budget),
      memory_bytes_max_(memory_bytes_max) {
    overflows.resize(sessions.size());
    points.resize(sessions.size());
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        tables.emplace_back(plan, portion.first_tag_set,
                            portion.end_tag_set - portion.first_tag_set);
    }
}

// Reads the runs of one piece in the order of their keys. A run that came as statistics and is of
// no use as such is asked for again as rows. The table is compared with its bound after each run;
// beyond it, the whole portion is given up and tried in a smaller size.
io::Task<Result<void>> StateJob::aggregate_piece(CoreView& core, const Piece& piece) {
    PieceScan scan(plan_, piece, shared_, portion_, SeriesChoice::kWithoutShared);
    if (scan.empty()) co_return Result<void>();
    const ScanColumns& columns = plan_.columns();
    AggregateTable& table = tables[core.number()];
    const std::uint64_t points_before = points[core.number()];
    FilteredStates aggregator(plan_, columns, table);
    storage::ScanSpec spec = scan.spec(columns);
    spec.statistics_allowed = aggregator.takes_statistics();
    const std::unique_ptr<RunReader> reader = core.store(piece.store).scan(std::move(spec));

    RunSlices slices(plan_);
    storage::SeriesRun run;
    for (;;) {
        Result<bool> more = co_await reader->next(run);
        if (!more.ok()) co_return std::move(more).error();
        if (!*more) break;
        const PieceScan::Step step = scan.step(run.series_key);
        if (step == PieceScan::Step::kNotWanted) continue;
        if (step == PieceScan::Step::kNewSeries) {
            aggregator.begin_series(scan.place().tag_set, run.series_key);
        }
        // Statistics are one step, whatever number of rows they stand for.
        std::size_t row = 0;
        do {
            if (row != 0) co_await core.breathe();
            if (!aggregator.add(slices.part(run, row))) reader->expand();
            row += slices.rows();
        } while (!run.is_statistics() && row < run.rows);
        points[core.number()] = points_before + aggregator.rows_added();
        SLUICE_CO_TRY_VOID(budget_.check_points(points[core.number()]));
        if (table.memory_bytes() > memory_bytes_max_) {
            overflows[core.number()] = 1;
            break;
        }
        if (slices.is_due(run.is_statistics() ? 0 : run.rows)) co_await core.breathe();
    }
    aggregator.end_series();
    co_return Result<void>();
}

io::Task<Result<void>> StateJob::run(CoreView& core) {
    SLUICE_CHECK(core.number() < tables.size());
    for (const Piece& piece : sessions_[core.number()].pieces) {
        Result<void> done = co_await aggregate_piece(core, piece);
        if (!done.ok()) co_return std::move(done).error();
        if (overflows[core.number()] != 0) break;
    }
    co_return Result<void>();
}

}  // namespace sluice::query
