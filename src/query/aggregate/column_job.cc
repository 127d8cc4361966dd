#include "query/aggregate/column_job.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "query/scan/piece_scan.h"
#include "query/scan/run_slices.h"
#include "sluice/base/check.h"
#include "sluice/codec/column_chunk.h"

namespace sluice::query {
namespace {

// A piece with more rows ends with its series: columns that grow to many megabytes are copied on
// the way, and the allocator gives their memory back to the kernel each time.
constexpr std::size_t kRowsPerPiece = 1u << 16;

PieceColumns empty_columns(const Piece& piece, std::size_t columns) {
    PieceColumns rows;
    rows.source = piece.source;
    rows.group = piece.group;
    rows.columns.resize(columns);
    return rows;
}

bool calls_only(const SelectPlan& plan, Function function) {
    return std::all_of(plan.calls.begin(), plan.calls.end(),
                       [&](const AggregateCall& call) { return call.function == function; });
}

// Asks the store for no more than the row that may be selected. The store still returns rows of
// equal time apart (keeps_apart), so nothing is decided here that a merge could change.
void limit_rows(const SelectPlan& plan, storage::ScanSpec& spec) {
    if (!wants_one_row(plan)) return;
    spec.latest_wanted = calls_only(plan, Function::kLast);
    spec.rows_wanted = 1;
    spec.value_kinds = {field_type_of(plan.fields.front().type)};
}

// Where a run has the row that may be selected: the first, or the last, that has a value, with all
// rows of its time, among which sequences decide. Nothing: no row has one.
codec::RowRange selected_rows(const storage::SeriesRun& run, bool last) {
    const storage::ColumnView& column = run.columns.front();
    const auto rows = static_cast<std::uint32_t>(run.rows);
    std::uint32_t row = 0;
    while (row < rows && !column.is_valid(last ? rows - 1 - row : row)) ++row;
    if (row == rows) return {0, 0};
    if (last) row = rows - 1 - row;
    codec::RowRange selected{row, row + 1};
    while (selected.begin > 0 && run.times[selected.begin - 1] == run.times[row]) --selected.begin;
    while (selected.end < rows && run.times[selected.end] == run.times[row]) ++selected.end;
    return selected;
}

}  // namespace

bool wants_one_row(const SelectPlan& plan) {
    return plan.fields.size() == 1 && plan.window.is_whole() && !has_field_condition(plan) &&
           (calls_only(plan, Function::kFirst) || calls_only(plan, Function::kLast));
}

ColumnJob::ColumnJob(const SelectPlan& plan, const ScanColumns& columns,
                     std::vector<CoreSession>& sessions, const SharedSeries& shared,
                     const ScanPortion& portion, std::uint64_t memory_bytes_max)
    : plan_(plan),
      columns_(columns),
      sessions_(sessions),
      shared_(shared),
      portion_(portion),
      memory_bytes_max_(memory_bytes_max) {
    collected_.resize(sessions.size());
}

bool ColumnJob::has_overflow() const {
    return std::any_of(collected_.begin(), collected_.end(),
                       [](const Collected& each) { return each.overflow; });
}

std::uint64_t ColumnJob::largest_bytes() const {
    std::uint64_t largest = 0;
    for (const Collected& each : collected_) {
        std::uint64_t bytes = 0;
        for (const PieceColumns& piece : each.pieces) bytes += piece.memory_bytes();
        largest = std::max(largest, bytes);
    }
    return largest;
}

// By core and, within a core, by piece: the merger sorts them anyway.
std::vector<PieceColumns> ColumnJob::take_pieces() {
    SLUICE_CHECK(!has_overflow());
    std::vector<PieceColumns> pieces;
    for (Collected& each : collected_) {
        std::move(each.pieces.begin(), each.pieces.end(), std::back_inserter(pieces));
    }
    return pieces;
}

io::Task<Result<void>> ColumnJob::collect_piece(CoreView& core, const Piece& piece, Collected& to) {
    PieceScan scan(plan_, piece, shared_, portion_, SeriesChoice::kSharedOnly);
    if (scan.empty()) co_return Result<void>();
    storage::ScanSpec spec = scan.spec(columns_);
    spec.with_sequences = true;
    limit_rows(plan_, spec);
    spec.keeps_apart = [&scan](std::string_view key) { return scan.is_shared(key); };
    const std::unique_ptr<RunReader> reader = core.store(piece.store).scan(std::move(spec));

    // The pieces before this one do not grow any more: they are added up once.
    std::uint64_t bytes_before = 0;
    for (const PieceColumns& each : to.pieces) bytes_before += each.memory_bytes();
    PieceColumns rows = empty_columns(piece, columns_.names.size());
    const bool one_row = wants_one_row(plan_);
    RunSlices slices(plan_);
    storage::SeriesRun run;
    for (;;) {
        Result<bool> more = co_await reader->next(run);
        if (!more.ok()) co_return std::move(more).error();
        if (!*more) break;
        const PieceScan::Step step = scan.step(run.series_key);
        if (step == PieceScan::Step::kNotWanted) continue;
        if (step == PieceScan::Step::kNewSeries) {
            if (rows.times.size() >= kRowsPerPiece) {
                bytes_before += rows.memory_bytes();
                to.pieces.push_back(
                    std::exchange(rows, empty_columns(piece, columns_.names.size())));
            }
            rows.series.push_back({std::string(run.series_key), scan.place().tag_set,
                                   rows.times.size(), rows.times.size()});
        }
        if (one_row) {
            append_selected(run, rows);
        } else {
            rows.append(run);
        }
        if (bytes_before + rows.memory_bytes() > memory_bytes_max_) {
            to.overflow = true;
            break;
        }
        if (slices.is_due(run.rows)) co_await core.breathe();
    }
    if (!rows.series.empty()) to.pieces.push_back(std::move(rows));
    co_return Result<void>();
}

// Runs of a series ascend in time: the first that has a value has the first value, and each that
// follows a later last one.
void ColumnJob::append_selected(const storage::SeriesRun& run, PieceColumns& rows) {
    const bool last = calls_only(plan_, Function::kLast);
    const bool has_rows = rows.series.back().begin != rows.series.back().end;
    if (has_rows && !last) return;
    const codec::RowRange selected = selected_rows(run, last);
    if (selected.rows() == 0) return;
    if (has_rows) rows.forget_rows();
    storage::SeriesRun part;
    show_rows(run, selected.begin, selected.rows(), part);
    rows.append(part);
}

io::Task<Result<void>> ColumnJob::run(CoreView& core) {
    SLUICE_CHECK(core.number() < collected_.size());
    Collected& to = collected_[core.number()];
    for (const Piece& piece : sessions_[core.number()].pieces) {
        Result<void> done = co_await collect_piece(core, piece, to);
        if (!done.ok()) co_return std::move(done).error();
        if (to.overflow) break;
    }
    co_return Result<void>();
}

}  // namespace sluice::query
