// The collector reads the rows of runs into a batch, as far as condition and limits let them
// through.
#include "query/rows/row_collector.h"

#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// In a descending answer the nearest rows of a series are its last. Those before them are dropped
// in bulk, at least this many at a time, so that each row is moved rarely.
constexpr std::size_t kDropBatch = 1024;

}  // namespace

// These two are called for every row, and only here.
inline bool RowCollector::read_row(const storage::SeriesRun& run, std::size_t row) {
    bool exists = false;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        fields_[i] =
            column_value(run.columns[columns_.column_of_field[i]], row, plan_.fields[i].type);
        exists = exists || (plan_.fields[i].makes_rows && !fields_[i].is_null());
    }
    // Rows of a shared series are kept in either case (add_run): a row without the fields that make
    // rows here may have them in another store.
    if (!exists || verdict_ == Verdict::kAlways) return exists;
    return decided_ ? accepted_[row] != 0 : condition_.accepts(fields_.data());
}

inline void RowCollector::append(model::Timestamp time, std::uint64_t sequence) {
    batch_.times.push_back(time);
    if (with_sequences_) batch_.sequences.push_back(sequence);
    if (batch_.series.back().is_shared) ++batch_.shared_rows;
    for (const Value& value : fields_) {
        batch_.values.push_back(value.kind() == Value::Kind::kString
                                    ? Value::of_string(batch_.text.copy(value.as_string()))
                                    : value);
    }
}

RowCollector::RowCollector(const SelectPlan& plan, RowBatch& batch, bool with_sequences)
    : plan_(plan),
      batch_(batch),
      with_sequences_(with_sequences),
      columns_(plan.columns()),
      predicate_(plan, columns_),
      condition_(plan),
      fields_(plan.fields.size()) {
    SLUICE_CHECK(batch.width == plan.fields.size());
}

void RowCollector::begin_series(const Piece& piece, PieceScan::SeriesPlace place,
                                std::string_view key, RowLimits& limits) {
    end_series();
    verdict_ = condition_.begin_series(key);
    limits_ = limits.enabled() ? &limits : nullptr;
    if (verdict_ == Verdict::kDependsOnFields) {
        if (place.is_shared) {
            // The condition and the limits are about the merged row.
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

// A series without rows is forgotten, unless a limit has left some out: then its place in the order
// of the answer matters although none of its rows is here.
void RowCollector::end_series() {
    if (!open_) return;
    SeriesRows& rows = batch_.series.back();
    rows.end = batch_.times.size();
    SLUICE_CHECK(rows.begin <= rows.end);
    if (rows.begin == rows.end && !rows.has_more) batch_.series.pop_back();
    open_ = false;
}

// A block is beyond a limit if its nearest row is. has_more is set then, and not if the condition
// excludes the rows: those would not be in the answer without a limit either.
bool RowCollector::can_skip(const storage::SeriesRun& run) {
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

// The values of the first or last row of a block are in its statistics, for numbers. This row is
// all that a limit of one can want of the block, because the others lie behind it.
bool RowCollector::add_nearest(const storage::SeriesRun& run) {
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

void RowCollector::add_run(const storage::SeriesRun& run) {
    SLUICE_CHECK(open_ && !run.is_statistics());
    SLUICE_CHECK(run.columns.size() == columns_.names.size());
    SLUICE_CHECK(run.sequences.empty() || run.sequences.size() == run.rows);
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
        // A shared series may have several rows of one time, which count as one.
        if (counted_ != time) limits_->add(rows.tag_set, time);
        counted_ = time;
        if (!plan_.ascending && !rows.is_shared) drop_old_rows(rows);
    }
}

// Goes back from the end of the run until as many rows exist as the limit wants. Rows of one time
// are not parted: which of them is in the answer is decided by the order of series.
std::size_t RowCollector::find_latest(const storage::SeriesRun& run, const SeriesRows& rows) {
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

void RowCollector::drop_old_rows(SeriesRows& rows) {
    // The rows that are moved are at most as many as those dropped at once, so each row is moved
    // less than once on average.
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

}  // namespace sluice::query
