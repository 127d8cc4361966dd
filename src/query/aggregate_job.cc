#include "query/piece_scan.h"
#include "query/run_predicate.h"
#include "query/scan_jobs.h"
#include "query/series_aggregator.h"

namespace sluice::query {
namespace {

// Which rows of a run pass the condition.
void accept_rows(const SelectPlan& plan, const ScanColumns& columns, const storage::SeriesRun& run,
                 RowCondition& condition, std::vector<Value>& fields,
                 std::vector<std::uint8_t>& accepted) {
    accepted.assign(run.rows, 0);
    for (std::size_t row = 0; row < run.rows; ++row) {
        for (std::size_t i = 0; i < plan.fields.size(); ++i) {
            fields[i] =
                column_value(run.columns[columns.column_of_field[i]], row, plan.fields[i].type);
        }
        accepted[row] = condition.accepts(fields.data()) ? 1 : 0;
    }
}

}  // namespace

AggregateJob::AggregateJob(const SelectPlan& plan, std::vector<CoreSession>& sessions,
                           const DuplicateSeries& duplicates, const ScanPortion& portion,
                           std::uint64_t memory_bytes_max)
    : plan_(plan),
      sessions_(sessions),
      duplicates_(duplicates),
      portion_(portion),
      memory_bytes_max_(memory_bytes_max) {
    overflows.resize(sessions.size());
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        tables.emplace_back(plan, portion.first_tag_set,
                            portion.end_tag_set - portion.first_tag_set);
    }
}

io::Task<Result<void>> AggregateJob::aggregate_piece(CoreView& core, const Piece& piece) {
    PieceScan scan(plan_, piece, duplicates_, portion_, SeriesChoice::kWithoutDuplicates);
    if (scan.empty()) co_return Result<void>();
    const ScanColumns columns(plan_);
    RunPredicate predicate(plan_, columns);
    storage::ScanSpec spec = scan.spec(columns);
    spec.statistics_allowed = predicate.is_supported() || !has_field_condition(plan_);
    const std::unique_ptr<RunReader> reader = core.store(piece.store).scan(std::move(spec));

    AggregateTable& table = tables[core.number()];
    SeriesAggregator aggregator(plan_, table);
    RowCondition condition(plan_);
    Verdict verdict = Verdict::kAlways;
    std::vector<Value> fields(plan_.fields.size());
    std::vector<std::uint8_t> accepted;
    std::string current;
    bool is_current_wanted = false;
    storage::SeriesRun run;
    for (;;) {
        Result<bool> more = co_await reader->next(run);
        if (!more.ok()) co_return std::move(more).error();
        if (!*more) break;
        if (run.series_key != current || current.empty()) {
            current = run.series_key;
            const auto place = scan.place_of(current);
            is_current_wanted = place.has_value();
            if (is_current_wanted) {
                aggregator.begin_series(place->tag_set, current);
                verdict = condition.begin_series(current);
                if (verdict == Verdict::kDependsOnFields) predicate.begin_series(condition);
            }
        }
        if (!is_current_wanted || verdict == Verdict::kNever) continue;
        if (run.is_statistics()) {
            const Verdict rows =
                verdict == Verdict::kDependsOnFields ? predicate.judge(run) : verdict;
            if (rows == Verdict::kNever) continue;
            const auto use = rows == Verdict::kAlways ? aggregator.judge(run)
                                                      : SeriesAggregator::StatisticsUse::kRows;
            if (use == SeriesAggregator::StatisticsUse::kAll) aggregator.add_statistics(run);
            if (use == SeriesAggregator::StatisticsUse::kRows) reader->expand();
        } else if (verdict == Verdict::kAlways) {
            aggregator.add_run(run, nullptr);
        } else {
            if (!predicate.is_supported() || !predicate.evaluate(run, accepted)) {
                accept_rows(plan_, columns, run, condition, fields, accepted);
            }
            aggregator.add_run(run, &accepted);
        }
        if (table.memory_bytes() > memory_bytes_max_) {
            overflows[core.number()] = 1;
            break;
        }
        co_await core.breathe();
    }
    aggregator.end_series();
    co_return Result<void>();
}

io::Task<Result<void>> AggregateJob::run(CoreView& core) {
    for (const Piece& piece : sessions_[core.number()].pieces) {
        Result<void> done = co_await aggregate_piece(core, piece);
        if (!done.ok()) co_return std::move(done).error();
        if (overflows[core.number()] != 0) break;
    }
    co_return Result<void>();
}

}  // namespace sluice::query
