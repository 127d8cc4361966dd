#include "query/piece_scan.h"
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

// Whole blocks may answer where neither single rows nor the time of a minimum are asked for.
bool AggregateJob::statistics_allowed() const {
    if (!plan_.window.is_whole()) return false;
    if (plan_.is_single_selector()) {
        const Function function = plan_.calls[0].function;
        if (function == Function::kMin || function == Function::kMax) return false;
        if (!plan_.auxiliary_inputs().empty()) return false;
    }
    for (const AggregateCall& call : plan_.calls) {
        const bool is_number = call.argument == influxql::DataType::kFloat ||
                               call.argument == influxql::DataType::kInteger ||
                               call.argument == influxql::DataType::kUnsigned;
        if (!is_number && call.function != Function::kCount) return false;
    }
    if (!plan_.condition) return true;
    bool about_fields = false;
    influxql::walk(*plan_.condition, [&](const influxql::Expr& expr) {
        if (const auto* ref = expr.as<influxql::VarRef>()) {
            about_fields = about_fields || is_field_reference(*ref);
        }
    });
    return !about_fields;
}

io::Task<Result<void>> AggregateJob::aggregate_piece(CoreView& core, const Piece& piece) {
    PieceScan scan(plan_, piece, duplicates_, portion_, SeriesChoice::kWithoutDuplicates);
    if (scan.empty()) co_return Result<void>();
    const ScanColumns columns(plan_);
    storage::ScanSpec spec = scan.spec(columns);
    spec.statistics_allowed = statistics_allowed();
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
            }
        }
        if (!is_current_wanted || verdict == Verdict::kNever) continue;
        if (run.is_statistics()) {
            aggregator.add_statistics(run);
        } else if (verdict == Verdict::kAlways) {
            aggregator.add_run(run, nullptr);
        } else {
            accept_rows(plan_, columns, run, condition, fields, accepted);
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
