#include "storage/memtable/memtable.h"

#include <gtest/gtest.h>

#include "batches.h"
#include "sluice/storage/head.h"
#include "storage/memtable/memtable_source.h"
#include "storage/rows/block_rows.h"

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

// Rows of a measurement with very many fields are passed on in blocks of few rows, each of which
// has arrays of all fields.
TEST(MemtableSource, BlocksOfVeryManyFieldsHaveFewRows) {
    constexpr std::uint32_t kFields = 8192;
    constexpr std::uint32_t kRows = 300;
    auto head = std::make_shared<Head>(1);
    for (std::uint32_t row = 0; row < kRows; ++row) {
        model::PointBatch batch;
        std::vector<TestField> fields;
        // The first row brings all of them, the others one each.
        for (std::uint32_t i = 0; i < (row == 0 ? kFields : 1); ++i) {
            fields.push_back(number("f" + std::to_string(row + i), static_cast<int>(row)));
        }
        add_row(batch, head->series_index(), 1, "m", static_cast<int>(row), fields);
        batch.finish();
        ASSERT_TRUE(head->memtable(1, 0).append(batch.table_at(0), row + 1).ok());
    }
    const auto table = head->find(1, "m");
    OrderedRows rows;
    for (std::uint32_t row = 0; row < kRows; ++row) rows.places.push_back(row_chunk::place_of(row));
    rows.series.push_back({0, 0, kRows});
    std::vector<std::uint32_t> columns(kFields);
    for (std::uint32_t i = 0; i < kFields; ++i) columns[i] = i;
    MemtableSource source(head, table, std::move(rows), columns, true);
    std::uint32_t seen = 0;
    while (source.state() != RowSource::State::kEnd) {
        if (source.state() == RowSource::State::kLoad) {
            io::Task<Result<void>> loading = source.load();
            ASSERT_TRUE(loading.done());
        }
        const RowSlice& slice = source.slice();
        ASSERT_LE(slice.rows(), block_rows_max(kFields));
        for (std::size_t i = 0; i < slice.rows(); ++i, ++seen) {
            EXPECT_EQ(slice.times[i], seen);
            EXPECT_TRUE(slice.columns[seen].is_valid(i));
            EXPECT_EQ(
                slice.columns[kFields - 1].absent() || !slice.columns[kFields - 1].is_valid(i),
                seen != 0);
        }
        source.consume(slice.rows());
    }
    EXPECT_EQ(seen, kRows);
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
