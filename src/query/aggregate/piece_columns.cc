#include "query/aggregate/piece_columns.h"

#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// A column has a list of flags from the first row on that lacks a value, and none as long as every
// row has one, which is the usual case.
void append_validity(const storage::ColumnView& view, std::size_t rows_before, std::size_t rows,
                     PieceColumns::Column& column) {
    const bool is_dense = !view.all_null && view.validity == nullptr;
    if (is_dense && column.valid.empty()) return;
    if (column.valid.empty()) column.valid.append_copies(rows_before, 1);
    if (is_dense) {
        column.valid.append_copies(rows, 1);
        return;
    }
    std::uint8_t* valid = column.valid.append_uninitialized(rows);
    for (std::size_t row = 0; row < rows; ++row) valid[row] = view.is_valid(row) ? 1 : 0;
}

// The first value of the column: the rows before have none.
void begin_column(const storage::ColumnView& view, std::size_t rows_before,
                  PieceColumns::Column& column) {
    column.type = view.type;
    column.all_null = false;
    column.valid.append_copies(rows_before, 0);
    if (model::is_word_type(view.type)) {
        column.words.append_copies(rows_before, 0);
    } else if (view.type == model::FieldType::kString) {
        column.texts.append_copies(rows_before, {});
    } else {
        column.flags.append_copies(rows_before, 0);
    }
}

void append_column(const storage::ColumnView& view, std::size_t rows_before, std::size_t rows,
                   Arena& text, PieceColumns::Column& column) {
    if (column.all_null) {
        if (view.all_null) return;
        begin_column(view, rows_before, column);
    }
    append_validity(view, rows_before, rows, column);
    if (model::is_word_type(column.type)) {
        if (view.all_null) {
            column.words.append_copies(rows, 0);
        } else {
            column.words.append(view.words.first(rows));
        }
    } else if (column.type == model::FieldType::kString) {
        for (std::size_t row = 0; row < rows; ++row) {
            column.texts.push_back(view.is_valid(row) ? text.copy(view.texts[row])
                                                      : std::string_view());
        }
    } else if (view.all_null) {
        column.flags.append_copies(rows, 0);
    } else {
        column.flags.append(view.flags.first(rows));
    }
}

}  // namespace

void PieceColumns::append(const storage::SeriesRun& run) {
    SLUICE_CHECK(!series.empty() && series.back().begin <= times.size());
    SLUICE_CHECK(run.columns.size() == columns.size());
    // Without the sequence of each row, nothing could tell which store has the newer value.
    SLUICE_CHECK(run.sequences.size() == run.rows);
    const std::size_t rows_before = times.size();
    times.append(run.times.first(run.rows));
    sequences.append(run.sequences);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        append_column(run.columns[i], rows_before, run.rows, text, columns[i]);
    }
    series.back().end = times.size();
}

void PieceColumns::forget_rows() {
    SLUICE_CHECK(!series.empty());
    const std::size_t rows = series.back().begin;
    times.resize_uninitialized(rows);
    sequences.resize_uninitialized(rows);
    for (Column& column : columns) {
        if (column.all_null) continue;
        if (!column.valid.empty()) column.valid.resize_uninitialized(rows);
        if (model::is_word_type(column.type)) {
            column.words.resize_uninitialized(rows);
        } else if (column.type == model::FieldType::kString) {
            column.texts.resize_uninitialized(rows);
        } else {
            column.flags.resize_uninitialized(rows);
        }
    }
    series.back().end = rows;
}

std::uint64_t PieceColumns::memory_bytes() const {
    std::uint64_t bytes = text.memory_bytes() + series.capacity() * (sizeof(Series) + 64) +
                          times.capacity() * sizeof(model::Timestamp) +
                          sequences.capacity() * sizeof(std::uint64_t);
    for (const Column& column : columns) {
        bytes += column.words.capacity() * sizeof(std::uint64_t) +
                 column.texts.capacity() * sizeof(std::string_view) + column.flags.capacity() +
                 column.valid.capacity();
    }
    return bytes;
}

}  // namespace sluice::query
