#include "sluice/model/point_batch.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::model {
namespace {

ShardSlot week(Timestamp begin) {
    return {{begin, begin + kWeekNs}, 1};
}

std::uint32_t add_row(BatchTable& table, SeriesId series, Timestamp time) {
    table.series.push_back(series);
    table.times.push_back(time);
    table.lines.push_back(table.rows());
    return table.rows() - 1;
}

TEST(PointBatch, ColumnsWithoutGapsKeepNoValidity) {
    PointBatch batch;
    BatchTable& table = batch.table(0, week(0));
    for (std::uint32_t row = 0; row < 100; ++row) {
        add_row(table, row, row);
        table.column("v", FieldType::kInteger).set_word(row, row);
    }
    batch.finish();
    EXPECT_FALSE(table.columns[0].has_nulls);
    EXPECT_EQ(batch.row_count(), 100u);
    EXPECT_EQ(batch.value_count(), 100u);
}

TEST(PointBatch, MissingFieldsAreNullWhereverTheyFall) {
    PointBatch batch;
    BatchTable& table = batch.table(3, week(0));
    for (std::uint32_t row = 0; row < 200; ++row) {
        add_row(table, 0, row);
        if (row % 3 == 1) table.column("s", FieldType::kString).set_text(row, "x");
    }
    batch.finish();
    const BatchColumn& column = table.columns[0];
    ASSERT_EQ(column.filled, 200u);
    for (std::uint32_t row = 0; row < 200; ++row) EXPECT_EQ(column.is_valid(row), row % 3 == 1);
    EXPECT_EQ(batch.value_count(), 67u);
}

TEST(PointBatch, AFieldNamedTwiceInALineKeepsTheLaterValue) {
    PointBatch batch;
    BatchTable& table = batch.table(0, week(0));
    add_row(table, 0, 0);
    table.column("b", FieldType::kBoolean).set_flag(0, false);
    table.column("b", FieldType::kBoolean).set_flag(0, true);
    ASSERT_EQ(table.columns[0].flags.size(), 1u);
    EXPECT_EQ(table.columns[0].flags[0], 1);
}

TEST(PointBatch, DroppedRowsLeaveNeighboursAndTheirNullsIntact) {
    PointBatch batch;
    BatchTable& table = batch.table(0, week(0));
    for (std::uint32_t row = 0; row < 130; ++row) {
        add_row(table, row, row * 10);
        if (row % 2 == 0) table.column("v", FieldType::kFloat).set_word(row, row);
    }
    batch.finish();
    std::vector<bool> drop(130, false);
    for (std::size_t row = 0; row < drop.size(); row += 5) drop[row] = true;
    table.drop_rows(drop);
    std::uint32_t kept = 0;
    for (std::uint32_t row = 0; row < 130; ++row) {
        if (drop[row]) continue;
        EXPECT_EQ(table.series[kept], row);
        EXPECT_EQ(table.columns[0].is_valid(kept), row % 2 == 0);
        if (row % 2 == 0) {
            EXPECT_EQ(table.columns[0].words[kept], row);
        }
        ++kept;
    }
    EXPECT_EQ(table.rows(), kept);
}

TEST(PointBatch, TruncateUndoesAHalfParsedLine) {
    PointBatch batch;
    BatchTable& table = batch.table(0, week(0));
    add_row(table, 0, 0);
    table.column("a", FieldType::kFloat).set_word(0, 1);
    table.column("b", FieldType::kFloat).set_word(1, 2);
    table.truncate_to(1);
    batch.finish();
    EXPECT_TRUE(table.columns[0].is_valid(0));
    EXPECT_FALSE(table.columns[1].is_valid(0));
}

TEST(PointBatch, ClearForgetsTablesAndColumns) {
    PointBatch batch;
    add_row(batch.table(5, week(0)), 1, 1);
    batch.table(5, week(0)).column("old", FieldType::kFloat).set_word(0, 1);
    batch.clear();
    EXPECT_EQ(batch.table_count(), 0u);
    BatchTable& table = batch.table(7, week(0));
    EXPECT_EQ(table.rows(), 0u);
    EXPECT_EQ(table.column_count, 0u);
}

TEST(PointBatch, SeparatesShardGroupsOfOneMeasurement) {
    PointBatch batch;
    BatchTable& first = batch.table(0, week(0));
    BatchTable& second = batch.table(0, week(kWeekNs));
    EXPECT_NE(&first, &second);
    EXPECT_EQ(&batch.table(0, week(0)), &first);
    EXPECT_EQ(&batch.table(0, week(kWeekNs)), &second);
}

TEST(PointBatch, FindsAmongVeryManyColumns) {
    PointBatch batch;
    for (int request = 0; request < 2; ++request) {
        batch.clear();
        BatchTable& table = batch.table(0, week(0));
        // Later requests have other names in the same places.
        const auto name = [request](std::uint32_t i) { return std::to_string(i * 7 + request); };
        for (std::uint32_t row = 0; row < 3; ++row) {
            add_row(table, 0, row);
            for (std::uint32_t i = 0; i < 1000; ++i) {
                const std::uint32_t field = row == 1 ? 999 - i : i;
                table.column(name(field), FieldType::kInteger).set_word(row, field);
            }
        }
        table.column(name(5), FieldType::kFloat).set_word(2, 0);
        batch.finish();
        ASSERT_EQ(table.column_count, 1001u);
        for (std::uint32_t i = 0; i < 1000; ++i) {
            EXPECT_EQ(table.columns[i].name, name(i));
            EXPECT_FALSE(table.columns[i].has_nulls);
            EXPECT_EQ(table.columns[i].words[2], i);
        }
        table.drop_rows({true, true, false});
        table.remove_empty_columns();
        EXPECT_EQ(&table.column(name(999), FieldType::kInteger), &table.columns[999]);
    }
}

TEST(PointBatch, FindsAmongVeryManyTables) {
    PointBatch batch;
    for (int request = 0; request < 2; ++request) {
        batch.clear();
        for (std::uint32_t row = 0; row < 3; ++row) {
            for (std::uint32_t group = 0; group < 200; ++group) {
                for (MeasurementId measurement = 0; measurement < 3; ++measurement) {
                    BatchTable& table = batch.table(measurement, week((group + request) * kWeekNs));
                    EXPECT_EQ(table.measurement, measurement);
                    EXPECT_EQ(add_row(table, 0, row), row);
                }
            }
        }
        EXPECT_EQ(batch.table_count(), 600u);
        EXPECT_EQ(batch.row_count(), 1800u);
    }
}

TEST(PointBatch, ColumnsAndTablesWithoutValuesCanBeRemoved) {
    PointBatch batch;
    BatchTable& first = batch.table(0, ShardSlot{{0, 10}, 1});
    first.series.push_back(0);
    first.times.push_back(5);
    first.lines.push_back(1);
    first.column("v", FieldType::kInteger).set_word(0, 7);
    first.truncate_to(0);
    BatchTable& second = batch.table(1, ShardSlot{{0, 10}, 1});
    for (std::uint32_t row = 0; row < 2; ++row) {
        second.series.push_back(0);
        second.times.push_back(5);
        second.lines.push_back(row + 2);
    }
    second.column("v", FieldType::kInteger).set_word(0, 7);
    second.column("v", FieldType::kFloat).set_word(1, 8);
    second.column("w", FieldType::kFloat).set_word(1, 9);
    batch.finish();
    EXPECT_TRUE(second.columns[0].has_values());
    second.drop_rows({true, false});
    second.remove_empty_columns();
    ASSERT_EQ(second.column_count, 2u);
    EXPECT_EQ(second.columns[0].type, FieldType::kFloat);
    EXPECT_EQ(second.columns[1].name, "w");
    batch.remove_empty_tables();
    ASSERT_EQ(batch.table_count(), 1u);
    EXPECT_EQ(batch.table_at(0).measurement, 1u);
    EXPECT_EQ(batch.value_count(), 2u);
    batch.clear();
    EXPECT_EQ(batch.table(0, ShardSlot{{0, 10}, 1}).rows(), 0u);
}

}  // namespace
}  // namespace sluice::model
