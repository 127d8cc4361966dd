#include "storage/memtable/memtable.h"

#include <gtest/gtest.h>

#include "batches.h"
#include "sluice/storage/head.h"

namespace sluice::storage {
namespace {

TEST(RowChunks, PlacesFollowRowsWithoutGaps) {
    std::uint32_t row = 0;
    for (std::uint32_t chunk = 0; chunk < 20; ++chunk) {
        ASSERT_EQ(row_chunk::first_row(chunk), row);
        for (std::uint32_t offset = 0; offset < row_chunk::capacity(chunk); ++offset, ++row) {
            ASSERT_EQ(row_chunk::chunk_of(row), chunk);
            ASSERT_EQ(row_chunk::place_of(row), chunk << row_chunk::kOffsetBits | offset);
        }
    }
}

TEST(Memtable, AColumnThatComesLateOrGoesMissingHasNulls) {
    Head head(1);
    const std::vector<TestField> a{number("a", 1)};
    const std::vector<TestField> both{number("a", 2), text("b", "text")};
    for (std::uint64_t sequence = 1; sequence <= 60; ++sequence) {
        model::PointBatch batch;
        add_row(batch, head.series_index(), 1, "m", static_cast<int>(sequence),
                sequence % 20 == 0 ? both : a);
        batch.finish();
        ASSERT_TRUE(head.memtable(1, 0).append(batch.table_at(0), sequence).ok());
    }
    const Memtable& table = head.memtable(1, 0);
    ASSERT_EQ(table.rows(), 60u);
    EXPECT_EQ(table.values(), 63u);
    const MemtableColumn& b = table.columns()[table.find_column("b")];
    for (std::uint32_t row = 0; row < 60; ++row) {
        const std::uint32_t chunk = row_chunk::chunk_of(row);
        const bool valid =
            chunk < b.chunks.size() && b.chunks[chunk].is_valid(row - row_chunk::first_row(chunk));
        EXPECT_EQ(valid, (row + 1) % 20 == 0) << row;
    }
}

TEST(Memtable, RefusesAnotherTypeAndChangesNothing) {
    Head head(1);
    const std::vector<TestField> is_number{number("a", 1)};
    const std::vector<TestField> is_text{number("z", 1), text("a", "x")};
    model::PointBatch first;
    add_row(first, head.series_index(), 1, "m", 1, is_number);
    first.finish();
    ASSERT_TRUE(head.memtable(1, 0).append(first.table_at(0), 1).ok());
    model::PointBatch second;
    add_row(second, head.series_index(), 1, "m", 1, is_text);
    second.finish();
    const Result<void> refused = head.memtable(1, 0).append(second.table_at(0), 2);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
    EXPECT_EQ(head.memtable(1, 0).rows(), 1u);
    EXPECT_EQ(head.memtable(1, 0).columns().size(), 1u);
}

TEST(Memtable, ThousandsOfSmallMeasurementsStaySmall) {
    Head head(1);
    std::vector<TestField> fields;
    for (int i = 0; i < 10; ++i) fields.push_back(number("f" + std::to_string(i), i));
    constexpr unsigned kMeasurements = 2000;
    for (unsigned i = 0; i < kMeasurements; ++i) {
        model::PointBatch batch;
        add_row(batch, head.series_index(), 1, "m" + std::to_string(i), 1, fields);
        batch.finish();
        ASSERT_TRUE(head.memtable(1, i).append(batch.table_at(0), i + 1).ok());
    }
    EXPECT_LE(head.memory_bytes() / kMeasurements, 8 * 1024u);
}

TEST(Head, ForgetsADroppedGroupWhileItsReadersKeepIt) {
    Head head(1);
    const std::vector<TestField> fields{number("a", 1)};
    for (model::ShardGroupId group = 1; group <= 2; ++group) {
        model::PointBatch batch;
        add_row(batch, head.series_index(), group, "m", 1, fields);
        batch.finish();
        ASSERT_TRUE(head.memtable(group, 0).append(batch.table_at(0), group).ok());
    }
    const std::size_t before = head.memory_bytes();
    const auto held = head.find(1, "m");
    head.drop_group(1);
    EXPECT_EQ(head.find(1, "m"), nullptr);
    EXPECT_EQ(held->rows(), 1u);
    EXPECT_NE(head.find(2, "m"), nullptr);
    EXPECT_LT(head.memory_bytes(), before);
}

}  // namespace
}  // namespace sluice::storage
