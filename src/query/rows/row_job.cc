// The job of one core collects the rows of one piece after the other.
#include "query/rows/row_job.h"

#include <algorithm>

#include "query/rows/row_collector.h"
#include "query/rows/row_limits.h"
#include "query/scan/piece_scan.h"
#include "query/scan/run_slices.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// Lets a scan leave out rows beyond a limit, where each row that has a value passes.
void limit_rows(const SelectPlan& plan, const ScanColumns& columns, std::uint64_t rows_max,
                storage::ScanSpec& spec) {
    if (has_field_condition(plan)) return;
    // A row counts if it has a value in a field that makes rows; so every field must be one that
    // does.
    spec.value_kinds.assign(columns.names.size(), {});
    for (std::size_t i = 0; i < plan.fields.size(); ++i) {
        if (!plan.fields[i].makes_rows) return;
        spec.value_kinds[columns.column_of_field[i]] = field_type_of(plan.fields[i].type);
    }
    spec.rows_wanted = rows_max;
    spec.latest_wanted = !plan.ascending;
}

}  // namespace

RowJob::RowJob(const SelectPlan& plan, std::vector<CoreSession>& sessions,
               const SharedSeries& shared, const ScanPortion& portion, const SelectBudget& budget,
               Options options)
    : plan_(plan),
      sessions_(sessions),
      shared_(shared),
      portion_(portion),
      budget_(budget),
      options_(options) {
    batches.resize(sessions.size());
}

bool RowJob::has_overflow() const {
    return std::any_of(batches.begin(), batches.end(),
                       [](const RowBatch& batch) { return batch.overflow; });
}

bool RowJob::has_many_shared() const {
    return std::any_of(batches.begin(), batches.end(), [this](const RowBatch& batch) {
        return batch.shared_rows > options_.shared_rows_max;
    });
}

std::uint64_t RowJob::points() const {
    std::uint64_t sum = 0;
    for (const RowBatch& batch : batches) sum += batch.times.size();
    return sum;
}

// Statistics are asked for only where they can spare rows: a limit may need none or one of a block,
// and a condition on fields may let none of them pass.
io::Task<Result<void>> RowJob::collect_piece(CoreView& core, const Piece& piece, RowBatch& batch,
                                             RowLimits& limits) {
    PieceScan scan(plan_, piece, shared_, portion_, SeriesChoice::kAll);
    if (scan.empty()) co_return Result<void>();
    const ScanColumns& columns = plan_.columns();
    storage::ScanSpec spec = scan.spec(columns);
    spec.with_sequences = !shared_.empty();
    if (limits.enabled()) limit_rows(plan_, columns, limits.rows_max(), spec);
    spec.statistics_allowed =
        options_.uses_statistics && (limits.enabled() || has_field_condition(plan_));
    const bool with_sequences = spec.with_sequences;
    if (with_sequences) {
        spec.keeps_apart = [&scan](std::string_view key) { return scan.is_shared(key); };
    }
    const std::unique_ptr<RunReader> reader = core.store(piece.store).scan(std::move(spec));

    RowCollector collector(plan_, batch, with_sequences);
    RunSlices slices(plan_);
    storage::SeriesRun run;
    for (;;) {
        Result<bool> more = co_await reader->next(run);
        if (!more.ok()) co_return std::move(more).error();
        if (!*more) break;
        const PieceScan::Step step = scan.step(run.series_key);
        if (step == PieceScan::Step::kNotWanted) continue;
        if (step == PieceScan::Step::kNewSeries) {
            collector.begin_series(piece, scan.place(), run.series_key, limits);
        }
        if (run.is_statistics()) {
            if (!collector.can_skip(run) && !collector.add_nearest(run)) reader->expand();
            co_await core.breathe();
            continue;
        }
        for (std::size_t row = 0; row < run.rows; row += slices.rows()) {
            if (row != 0) co_await core.breathe();
            collector.add_run(slices.part(run, row));
            if (batch.memory_bytes() > options_.memory_bytes_max) break;
        }
        SLUICE_CO_TRY_VOID(budget_.check_points(batch.times.size()));
        if (batch.memory_bytes() > options_.memory_bytes_max) {
            batch.overflow = true;
            break;
        }
        // The caller looks at that before it looks at rows: what was collected is dropped.
        if (batch.shared_rows > options_.shared_rows_max) break;
        if (slices.is_due(run.rows)) co_await core.breathe();
    }
    collector.end_series();
    co_return Result<void>();
}

io::Task<Result<void>> RowJob::run(CoreView& core) {
    SLUICE_CHECK(core.number() < batches.size() && batches[core.number()].series.empty());
    RowBatch& batch = batches[core.number()];
    batch.width = plan_.fields.size();
    // The rows that one store has of a shared series say nothing about those of another: two rows
    // of one time are one row of the answer, and would count as two.
    std::vector<RowLimits> limits(shared_.empty() ? 1 : core.store_count(),
                                  RowLimits(portion_.first_tag_set, portion_.end_tag_set,
                                            options_.rows_max, plan_.ascending));
    // Descending, the latest shard group first: it may hold all that is wanted.
    const std::vector<Piece>& pieces = sessions_[core.number()].pieces;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const Piece& piece = pieces[plan_.ascending ? i : pieces.size() - 1 - i];
        SLUICE_CHECK(piece.store < core.store_count());
        RowLimits& of_store = limits[shared_.empty() ? 0 : piece.store];
        Result<void> done = co_await collect_piece(core, piece, batch, of_store);
        if (!done.ok()) co_return std::move(done).error();
        if (batch.overflow || batch.shared_rows > options_.shared_rows_max) break;
    }
    co_return Result<void>();
}

}  // namespace sluice::query
