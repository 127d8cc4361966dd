// Rows of one piece after the other, as a batch of each core.
#include "query/rows/row_job.h"

#include <algorithm>
#include <optional>

#include "query/rows/row_limits.h"
#include "query/scan/piece_scan.h"
#include "query/scan/run_predicate.h"
#include "query/scan/series_filter.h"

namespace sluice::query {
namespace {

// Descending, the nearest rows of a series are its last: those before are dropped in batches of at
// least this many.
constexpr std::size_t kDropBatch = 1024;

// Appends rows of one series after the other to a batch.
class RowCollector {
public:
    RowCollector(const SelectPlan& plan, RowBatch& batch, bool with_sequences)
        : plan_(plan),
          batch_(batch),
          with_sequences_(with_sequences),
          columns_(plan),
          predicate_(plan, columns_),
          condition_(plan),
          fields_(plan.fields.size()) {}

    // `limits` are of the store that is read.
    void begin_series(const Piece& piece, PieceScan::SeriesPlace place, std::string_view key,
                      RowLimits& limits) {
        end_series();
        verdict_ = condition_.begin_series(key);
        limits_ = limits.enabled() ? &limits : nullptr;
        if (verdict_ == Verdict::kDependsOnFields) {
            if (place.is_shared) {
                // What counts is the merged row.
                verdict_ = Verdict::kAlways;
                limits_ = nullptr;
            } else {
                predicate_.begin_series(condition_);
            }
        }
        counted_.reset();
        SeriesRows rows;
        rows.key = key;
        rows.source = piece.source;
        rows.group = piece.group;
        rows.tag_set = place.tag_set;
        rows.is_shared = place.is_shared;
        rows.begin = batch_.times.size();
        batch_.series.push_back(std::move(rows));
        open_ = true;
    }

    void end_series() {
        if (!open_) return;
        SeriesRows& rows = batch_.series.back();
        rows.end = batch_.times.size();
        if (rows.begin == rows.end && !rows.has_more) batch_.series.pop_back();
        open_ = false;
    }

    // Whether the rows of a block can be left out because of what its statistics say.
    bool can_skip(const storage::SeriesRun& run) {
        if (verdict_ == Verdict::kNever) return true;
        if (verdict_ == Verdict::kDependsOnFields && predicate_.is_supported() &&
            predicate_.judge(run) == Verdict::kNever) {
            return true;
        }
        SeriesRows& rows = batch_.series.back();
        const model::Timestamp nearest = plan_.ascending ? run.time_first : run.time_last;
        if (limits_ == nullptr || !limits_->is_beyond(rows.tag_set, nearest)) return false;
        rows.has_more = true;
        return true;
    }

    // The nearest row of a block, where no other of it is wanted and its statistics have it all.
    bool add_nearest(const storage::SeriesRun& run) {
        SeriesRows& rows = batch_.series.back();
        if (limits_ == nullptr || limits_->rows_max() != 1 || verdict_ != Verdict::kAlways) {
            return false;
        }
        bool exists = false;
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            const ScanField& field = plan_.fields[i];
            const auto& column = run.statistics[columns_.column_of_field[i]];
            fields_[i] = {};
            if (column.count == 0) continue;
            if (!model::is_word_type(column.type)) return false;
            const Value value =
                Value::of_word(column.type, plan_.ascending ? column.first : column.last);
            const bool as_it_is = data_type_of(column.type) == field.type;
            fields_[i] = as_it_is ? value : cast_value(value, field.type);
            exists = exists || (field.makes_rows && !fields_[i].is_null());
        }
        if (!exists) return false;
        const model::Timestamp time = plan_.ascending ? run.time_first : run.time_last;
        append(time, kUnknownSequence);
        limits_->add(rows.tag_set, time);
        rows.has_more = rows.has_more || run.rows > 1;
        return true;
    }

    void add_run(const storage::SeriesRun& run) {
        if (verdict_ == Verdict::kNever) return;
        SeriesRows& rows = batch_.series.back();
        decided_ = verdict_ == Verdict::kAlways ||
                   (predicate_.is_supported() && predicate_.evaluate(run, accepted_));
        const bool has_mask = decided_ && verdict_ == Verdict::kDependsOnFields;
        std::size_t row = limits_ != nullptr && !plan_.ascending ? find_latest(run, rows) : 0;
        if (row != 0) rows.has_more = true;
        for (; row < run.rows; ++row) {
            if (has_mask && accepted_[row] == 0) continue;
            const model::Timestamp time = run.times[row];
            if (limits_ != nullptr && limits_->is_beyond(rows.tag_set, time)) {
                rows.has_more = true;
                if (plan_.ascending) break;
                continue;
            }
            const bool exists = read_row(run, row);
            if (!exists && !rows.is_shared) continue;
            append(time, with_sequences_ && !run.sequences.empty() ? run.sequences[row] : 0);
            if (limits_ == nullptr || !exists) continue;
            // Of a shared series there may be several rows of one time.
            if (counted_ != time) limits_->add(rows.tag_set, time);
            counted_ = time;
            if (!plan_.ascending && !rows.is_shared) drop_old_rows(rows);
        }
    }

private:
    // The first of the run's rows that descending order can still want.
    std::size_t find_latest(const storage::SeriesRun& run, const SeriesRows& rows) {
        std::size_t count = 0;
        std::size_t row = run.rows;
        while (row > 0 && !limits_->is_beyond(rows.tag_set, run.times[row - 1])) {
            const bool is_same_time = row < run.rows && run.times[row] == run.times[row - 1];
            if (count >= limits_->rows_max() && !is_same_time) break;
            --row;
            if (!is_same_time) count += read_row(run, row) ? 1 : 0;
        }
        return row;
    }

    // Whether the row exists and passes; its values are in fields_.
    bool read_row(const storage::SeriesRun& run, std::size_t row) {
        bool exists = false;
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            fields_[i] =
                column_value(run.columns[columns_.column_of_field[i]], row, plan_.fields[i].type);
            exists = exists || (plan_.fields[i].makes_rows && !fields_[i].is_null());
        }
        if (!exists || verdict_ == Verdict::kAlways) return exists;
        return decided_ ? accepted_[row] != 0 : condition_.accepts(fields_.data());
    }

    void append(model::Timestamp time, std::uint64_t sequence) {
        batch_.times.push_back(time);
        if (with_sequences_) batch_.sequences.push_back(sequence);
        if (batch_.series.back().is_shared) ++batch_.shared_rows;
        for (const Value& value : fields_) {
            batch_.values.push_back(value.kind() == Value::Kind::kString
                                        ? Value::of_string(batch_.text.copy(value.as_string()))
                                        : value);
        }
    }

    void drop_old_rows(SeriesRows& rows) {
        const std::size_t count = batch_.times.size() - rows.begin;
        const std::size_t kept = limits_->rows_max();
        if (count < kept || count - kept < kDropBatch + kept) return;
        const auto first = static_cast<std::ptrdiff_t>(rows.begin);
        const auto dropped = static_cast<std::ptrdiff_t>(count - kept);
        const auto width = static_cast<std::ptrdiff_t>(batch_.width);
        batch_.times.erase(batch_.times.begin() + first, batch_.times.begin() + first + dropped);
        if (with_sequences_) {
            batch_.sequences.erase(batch_.sequences.begin() + first,
                                   batch_.sequences.begin() + first + dropped);
        }
        batch_.values.erase(batch_.values.begin() + first * width,
                            batch_.values.begin() + (first + dropped) * width);
        rows.has_more = true;
    }

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

// Lets a scan leave out rows beyond a limit, where each row that has a value passes.
void limit_rows(const SelectPlan& plan, const ScanColumns& columns, std::uint64_t rows_max,
                storage::ScanSpec& spec) {
    if (has_field_condition(plan)) return;
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

io::Task<Result<void>> RowJob::collect_piece(CoreView& core, const Piece& piece, RowBatch& batch,
                                             RowLimits& limits) {
    PieceScan scan(plan_, piece, shared_, portion_, SeriesChoice::kAll);
    if (scan.empty()) co_return Result<void>();
    const ScanColumns columns(plan_);
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
            continue;
        }
        collector.add_run(run);
        SLUICE_CO_TRY_VOID(budget_.check_points(batch.times.size()));
        if (batch.memory_bytes() > options_.memory_bytes_max) {
            batch.overflow = true;
            break;
        }
        if (batch.shared_rows > options_.shared_rows_max) break;
        co_await core.breathe();
    }
    collector.end_series();
    co_return Result<void>();
}

io::Task<Result<void>> RowJob::run(CoreView& core) {
    RowBatch& batch = batches[core.number()];
    batch.width = plan_.fields.size();
    // What one store has of a shared series says nothing about the rows of another.
    std::vector<RowLimits> limits(shared_.empty() ? 1 : core.store_count(),
                                  RowLimits(portion_.first_tag_set, portion_.end_tag_set,
                                            options_.rows_max, plan_.ascending));
    // Descending, the latest shard group first: it may hold all that is wanted.
    const std::vector<Piece>& pieces = sessions_[core.number()].pieces;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const Piece& piece = pieces[plan_.ascending ? i : pieces.size() - 1 - i];
        RowLimits& of_store = limits[shared_.empty() ? 0 : piece.store];
        Result<void> done = co_await collect_piece(core, piece, batch, of_store);
        if (!done.ok()) co_return std::move(done).error();
        if (batch.overflow || batch.shared_rows > options_.shared_rows_max) break;
    }
    co_return Result<void>();
}

}  // namespace sluice::query
