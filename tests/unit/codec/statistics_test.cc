#include <gtest/gtest.h>

#include "column_shapes.h"

namespace sluice::codec {
namespace {

using model::FieldType;
using test::TestColumn;

// Word by word as an aggregate over rows would do it, nulls skipped.
template <typename Value>
ColumnStatistics expected(const TestColumn& column) {
    ColumnStatistics s;
    Value sum{};
    Value min{};
    Value max{};
    const ColumnSlice slice = column.slice();
    for (std::uint32_t row = 0; row < column.rows(); ++row) {
        if (!slice.is_valid(row)) continue;
        const auto value = std::bit_cast<Value>(column.words[row]);
        if (s.count == 0 || value < min) min = value, s.min_row = row, s.min = column.words[row];
        if (s.count == 0 || max < value) max = value, s.max_row = row, s.max = column.words[row];
        if (s.count++ == 0) s.first_row = row, s.first = column.words[row];
        s.last_row = row;
        s.last = column.words[row];
        if constexpr (std::is_same_v<Value, double>) {
            sum += value;
        } else {
            sum = static_cast<Value>(static_cast<std::uint64_t>(sum) + column.words[row]);
        }
    }
    if (s.count != 0) s.sum = std::bit_cast<std::uint64_t>(sum);
    return s;
}

TEST(Statistics, EqualARowByRowAggregate) {
    Random random(1);
    for (const std::uint32_t rows : test::kEdgeRows) {
        for (const bool with_nulls : {false, true}) {
            for (TestColumn& column : test::all_columns(rows)) {
                if (!model::is_word_type(column.type) || column.name == "any bits") continue;
                if (with_nulls) {
                    for (std::uint32_t i = 0; i < rows; i += 64)
                        column.validity.push_back(random.next());
                }
                const ColumnStatistics actual = column_statistics(column.slice(), rows);
                ColumnStatistics wanted;
                if (column.type == FieldType::kFloat) wanted = expected<double>(column);
                if (column.type == FieldType::kInteger) wanted = expected<std::int64_t>(column);
                if (column.type == FieldType::kUnsigned) wanted = expected<std::uint64_t>(column);
                if (wanted.count == 0) {
                    EXPECT_EQ(actual.count, 0u);
                } else if (column.name != "any double" && column.name != "odd ones") {
                    EXPECT_EQ(actual, wanted) << column.name << ", " << rows << " rows";
                } else {
                    // Their sums may be NaN, whose sign and payload are nobody's business.
                    EXPECT_EQ(actual.min, wanted.min) << column.name;
                    EXPECT_EQ(actual.max_row, wanted.max_row) << column.name;
                }
            }
        }
    }
}

TEST(Statistics, OfBooleansCountTheTrueOnes) {
    TestColumn column;
    column.type = FieldType::kBoolean;
    column.flags = {0, 1, 1, 0};
    const ColumnStatistics s = column_statistics(column.slice(), 4);
    EXPECT_EQ(s.count, 4u);
    EXPECT_EQ(s.sum, 2u);
    EXPECT_EQ(s.min, 0u);
    EXPECT_EQ(s.max, 1u);
    EXPECT_EQ(s.max_row, 1u);
    EXPECT_EQ(s.last, 0u);
}

TEST(Statistics, OfStringsKnowWhereTheFirstAndLastAre) {
    TestColumn column = test::other_columns(10)[2];
    column.validity = {0b0110'1000};
    const ColumnStatistics s = column_statistics(column.slice(), 10);
    EXPECT_EQ(s.count, 3u);
    EXPECT_EQ(s.first_row, 3u);
    EXPECT_EQ(s.last_row, 6u);
}

TEST(Statistics, OfNothingCountNothing) {
    EXPECT_EQ(column_statistics({}, 10).count, 0u);
}

}  // namespace
}  // namespace sluice::codec
