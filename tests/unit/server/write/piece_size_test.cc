#include "server/write/piece_size.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

// A table of rows with `columns` fields.
model::PointBatch batch_of(std::uint32_t rows, std::uint32_t columns) {
    model::PointBatch batch;
    model::BatchTable& table = batch.table(0, {{0, 1000}, 1});
    for (std::uint32_t row = 0; row < rows; ++row) {
        table.series.push_back(0);
        table.times.push_back(row);
        table.lines.push_back(row + 1);
    }
    for (std::uint32_t i = 0; i < columns; ++i) {
        (void)table.column("f" + std::to_string(i), model::FieldType::kFloat);
    }
    return batch;
}

TEST(PieceSize, GrowsAsLongAsLinesAreAlike) {
    PieceSize piece;
    const std::size_t first = piece.bytes();
    const model::PointBatch usual = batch_of(1000, 3);
    std::size_t before = first;
    for (int i = 0; i < 20; ++i) {
        piece.choose(usual);
        EXPECT_GE(piece.bytes(), before);
        before = piece.bytes();
    }
    EXPECT_GT(before, first);
    EXPECT_EQ(before, kParseSliceBytes);
}

TEST(PieceSize, StaysSmallWhereEachLineBringsAField) {
    PieceSize piece;
    const std::size_t first = piece.bytes();
    const model::PointBatch sparse = batch_of(1000, 1000);
    for (int i = 0; i < 4; ++i) {
        piece.choose(sparse);
        EXPECT_EQ(piece.bytes(), first);
    }
}

}  // namespace
}  // namespace sluice::server
