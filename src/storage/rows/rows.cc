#include "storage/rows/rows.h"

#include <algorithm>

#include "sluice/base/check.h"
#include "storage/rows/bits.h"

namespace sluice::storage {

codec::ColumnSlice slice_column(const codec::ColumnSlice& column, std::size_t begin,
                                std::size_t count) {
    const bool has_values = column.validity.empty() ||
                            has_bits(column.validity.data(), column.validity_begin + begin, count);
    if (!has_values) return {};
    codec::ColumnSlice slice = column;
    if (!column.words.empty()) slice.words = column.words.subspan(begin, count);
    if (!column.texts.empty()) slice.texts = column.texts.subspan(begin, count);
    if (!column.flags.empty()) slice.flags = column.flags.subspan(begin, count);
    slice.validity_begin = column.validity_begin + static_cast<std::uint32_t>(begin);
    return slice;
}

void RowSlice::assign(const RowSlice& whole, std::size_t begin, std::size_t count) {
    times = whole.times.subspan(begin, count);
    times_repeat = whole.times_repeat;
    sequences = whole.sequences.empty() ? whole.sequences : whole.sequences.subspan(begin, count);
    sequence = whole.sequence;
    columns.resize(whole.columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) {
        columns[c] = slice_column(whole.columns[c], begin, count);
    }
}

void RowBuffer::reset(std::size_t columns) {
    times_.clear();
    sequences_.clear();
    times_repeat_ = false;
    column_count_ = columns;
    if (columns_.size() < columns) columns_.resize(columns);
    for (Column& each : columns_) {
        each.typed = false;
        each.has_nulls = false;
        each.words.clear();
        each.texts.clear();
        each.flags.clear();
        each.validity.clear();
    }
}

// A column has bits only once a null has come: most never do. Then those of the rows before are set
// at once. `from` null: the rows are null.
void RowBuffer::append_validity(Column& column, std::size_t rows, const codec::ColumnSlice* from,
                                std::size_t count) {
    const bool nulls = from == nullptr || !from->validity.empty();
    if (!nulls && !column.has_nulls) return;
    const std::size_t before = column.validity.size();
    if (bit_words(rows + count) > before) {
        column.validity.append_copies(bit_words(rows + count) - before, 0);
    }
    if (!column.has_nulls) {
        column.has_nulls = true;
        fill_bits(column.validity.data(), 0, rows, true);
    }
    if (from == nullptr) {
        fill_bits(column.validity.data(), rows, count, false);
    } else if (from->validity.empty()) {
        fill_bits(column.validity.data(), rows, count, true);
    } else {
        copy_bits(column.validity.data(), rows, from->validity.data(), from->validity_begin, count);
    }
}

void RowBuffer::append_nulls(Column& column, std::size_t rows, std::size_t count) {
    if (!column.typed) return;  // all null so far: type_column() makes up for it
    if (is_word_type(column.type)) {
        column.words.append_copies(count, 0);
    } else if (column.type == model::FieldType::kString) {
        column.texts.append_copies(count, std::string_view());
    } else {
        column.flags.append_copies(count, 0);
    }
    append_validity(column, rows, nullptr, count);
}

void RowBuffer::type_column(Column& column, model::FieldType type, std::size_t rows) {
    if (column.typed) {
        SLUICE_CHECK(column.type == type);  // sources refuse other types before
        return;
    }
    column.typed = true;
    column.type = type;
    if (rows != 0) append_nulls(column, 0, rows);
}

// Values of null rows are copied like others, as nobody looks at them: a test per row would cost
// more than the copy.
void RowBuffer::append_values(Column& column, const codec::ColumnSlice& whole, std::size_t begin,
                              std::size_t count) {
    const std::size_t rows = times_.size();
    const codec::ColumnSlice from = slice_column(whole, begin, count);
    if (from.absent()) {
        append_nulls(column, rows, count);
        return;
    }
    type_column(column, from.type, rows);
    if (is_word_type(from.type)) {
        column.words.append(from.words);
    } else if (from.type == model::FieldType::kString) {
        column.texts.append(from.texts);
    } else {
        column.flags.append(from.flags);
    }
    append_validity(column, rows, &from, count);
}

void RowBuffer::append(const RowSlice& from, std::size_t begin, std::size_t count) {
    SLUICE_CHECK(from.columns.size() >= column_count_ && begin + count <= from.rows());
    for (std::size_t c = 0; c < column_count_; ++c) {
        append_values(columns_[c], from.columns[c], begin, count);
    }
    times_.append(from.times.subspan(begin, count));
    if (from.sequences.empty()) {
        sequences_.append_copies(count, from.sequence);
    } else {
        sequences_.append(from.sequences.subspan(begin, count));
    }
}

// The newest first, so the first candidate with a value in a column wins it.
void RowBuffer::choose_winners(std::span<const Candidate> candidates) {
    winners_.clear();
    for (std::size_t c = 0; c < column_count_; ++c) {
        const auto winner =
            std::find_if(candidates.begin(), candidates.end(), [c](const Candidate& each) {
                const codec::ColumnSlice& column = each.slice->columns[c];
                return !column.absent() && column.is_valid(each.row);
            });
        // If no candidate has a value, this is one past the last of them.
        winners_.push_back(static_cast<std::uint32_t>(winner - candidates.begin()));
    }
}

// One row of the fields that candidates [first, end) won, with the sequence of the first.
void RowBuffer::append_row(std::span<const Candidate> candidates, std::size_t first,
                           std::size_t end) {
    const std::size_t rows = times_.size();
    for (std::size_t c = 0; c < column_count_; ++c) {
        const std::uint32_t winner = winners_[c];
        if (winner >= first && winner < end) {
            const Candidate& from = candidates[winner];
            append_values(columns_[c], from.slice->columns[c], from.row, 1);
        } else {
            append_nulls(columns_[c], rows, 1);
        }
    }
    times_.push_back(candidates[first].slice->times[candidates[first].row]);
    sequences_.push_back(candidates[first].sequence());
}

// Apart, a row keeps only the fields that it won: what a later batch has written over is seen by
// nobody, whatever another store has of the point, because sequences are one order for all stores.
void RowBuffer::append_merged(std::span<Candidate> candidates, EqualTimes treatment) {
    SLUICE_CHECK(!candidates.empty());
    // The newest first.
    std::reverse(candidates.begin(), candidates.end());
    std::stable_sort(
        candidates.begin(), candidates.end(),
        [](const Candidate& a, const Candidate& b) { return a.sequence() > b.sequence(); });
    choose_winners(candidates);
    const std::size_t rows = times_.size();
    if (treatment == EqualTimes::kKeepApart) {
        // From the newest on, one batch after the other, to know where the last row has to begin.
        std::vector<std::pair<std::size_t, std::size_t>> batches;
        for (std::size_t first = 0; first < candidates.size();) {
            std::size_t end = first + 1;
            while (end < candidates.size() &&
                   candidates[end].sequence() == candidates[first].sequence()) {
                ++end;
            }
            if (batches.size() + 1 == kRowsApartMax) end = candidates.size();
            const bool won = std::any_of(
                winners_.begin(), winners_.end(),
                [first, end](std::uint32_t winner) { return winner >= first && winner < end; });
            if (won) batches.emplace_back(first, end);
            first = end;
        }
        for (auto each = batches.rbegin(); each != batches.rend(); ++each) {
            append_row(candidates, each->first, each->second);
        }
    }
    if (times_.size() == rows) append_row(candidates, 0, candidates.size());
    times_repeat_ |= times_.size() - rows > 1;
}

void RowBuffer::view(RowSlice& slice) const {
    slice.times = view_of(times_);
    slice.times_repeat = times_repeat_;
    slice.sequences = view_of(sequences_);
    slice.columns.clear();
    for (std::size_t c = 0; c < column_count_; ++c) {
        const Column& column = columns_[c];
        codec::ColumnSlice view;
        if (column.typed) {
            view.type = column.type;
            view.words = view_of(column.words);
            view.texts = view_of(column.texts);
            view.flags = view_of(column.flags);
            if (column.has_nulls) view.validity = view_of(column.validity);
        }
        slice.columns.push_back(view);
    }
}

}  // namespace sluice::storage
