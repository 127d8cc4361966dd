// This file computes the statistics of a column: count, extremes, sum, first and last, by loops
// over words where no row lacks a value.
#include <bit>

#include "codec/kernels.h"
#include "sluice/base/check.h"
#include "sluice/codec/column_chunk.h"

namespace sluice::codec {
namespace {

using model::FieldType;

double as_double(std::uint64_t bits) {
    return std::bit_cast<double>(bits);
}

bool is_less(FieldType type, std::uint64_t a, std::uint64_t b) {
    if (type == FieldType::kFloat) return as_double(a) < as_double(b);
    if (type == FieldType::kInteger) {
        return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
    }
    return a < b;
}

std::uint64_t value_at(const ColumnSlice& column, std::uint32_t row) {
    return column.type == FieldType::kBoolean ? column.flags[row] : column.words[row];
}

// Row by row: columns with nulls or NaN, and booleans.
ColumnStatistics by_rows(const ColumnSlice& column, std::uint32_t rows, double float_sum) {
    ColumnStatistics s;
    for (std::uint32_t row = 0; row < rows; ++row) {
        if (!column.is_valid(row)) continue;
        if (s.count++ == 0) s.first_row = row;
        s.last_row = row;
        if (column.type == FieldType::kString) continue;
        const std::uint64_t value = value_at(column, row);
        if (s.count == 1) {
            s.min_row = s.max_row = row;
            s.first = s.min = s.max = value;
        }
        s.last = value;
        if (is_less(column.type, value, s.min)) s.min = value, s.min_row = row;
        if (is_less(column.type, s.max, value)) s.max = value, s.max_row = row;
        s.sum += value;
        float_sum += as_double(value);
    }
    if (column.type == FieldType::kFloat) s.sum = std::bit_cast<std::uint64_t>(float_sum);
    return s;
}

template <typename Matches>
std::uint32_t first_row_where(std::uint32_t rows, Matches matches) {
    for (std::uint32_t row = 0; row < rows; ++row) {
        if (matches(row)) return row;
    }
    return 0;
}

// Sets minimum and maximum; false when a NaN makes the order of rows matter.
bool find_extremes(const ColumnSlice& column, std::uint32_t rows, ColumnStatistics& s) {
    const std::uint64_t* words = column.words.data();
    if (column.type == FieldType::kFloat) {
        double min = 0;
        double max = 0;
        if (!kernels().float_extremes(words, rows, min, max)) return false;
        s.min_row = first_row_where(rows, [&](auto row) { return as_double(words[row]) == min; });
        s.max_row = first_row_where(rows, [&](auto row) { return as_double(words[row]) == max; });
    } else {
        const std::uint64_t flip = column.type == FieldType::kUnsigned ? std::uint64_t{1} << 63 : 0;
        kernels().word_extremes(words, rows, flip, s.min, s.max);
        s.min_row = first_row_where(rows, [&](auto row) { return words[row] == s.min; });
        s.max_row = first_row_where(rows, [&](auto row) { return words[row] == s.max; });
    }
    // -0.0 and 0.0 are equal: the row decides which of them it is.
    s.min = words[s.min_row];
    s.max = words[s.max_row];
    return true;
}

std::uint64_t sum_of(const ColumnSlice& column, std::uint32_t rows, double float_sum) {
    if (column.type != FieldType::kFloat) {
        std::uint64_t sum = 0;
        for (std::uint32_t row = 0; row < rows; ++row) sum += column.words[row];
        return sum;
    }
    for (std::uint32_t row = 0; row < rows; ++row) float_sum += as_double(column.words[row]);
    return std::bit_cast<std::uint64_t>(float_sum);
}

}  // namespace

ColumnStatistics column_statistics(const ColumnSlice& column, std::uint32_t rows,
                                   double sum_before) {
    if (column.absent() || rows == 0) return {};
    ColumnStatistics s;
    if (!model::is_word_type(column.type) || !column.validity.empty() ||
        !find_extremes(column, rows, s)) {
        return by_rows(column, rows, sum_before);
    }
    s.count = rows;
    s.first_row = 0;
    s.last_row = rows - 1;
    s.first = column.words[0];
    s.last = column.words[rows - 1];
    s.sum = sum_of(column, rows, sum_before);
    return s;
}

}  // namespace sluice::codec
