// Rows that are carried away from a scan are those that the scan showed, series by series.
#include "server/export/carried_rows.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::server {
namespace {

// Four rows of one series with a column of each kind; the second row has no values.
struct Shown {
    Shown() {
        run.series_key = "m,host=a";
        run.rows = times.size();
        run.times = times;
        run.sequences = sequences;
        storage::ColumnView number;
        number.type = model::FieldType::kInteger;
        number.all_null = false;
        number.words = words;
        number.validity = &validity;
        number.validity_offset = 3;
        storage::ColumnView text = number;
        text.type = model::FieldType::kString;
        text.words = {};
        text.texts = texts;
        storage::ColumnView flag;
        flag.type = model::FieldType::kBoolean;
        flag.all_null = false;
        flag.flags = flags;
        run.columns = {number, text, flag};
    }

    std::array<model::Timestamp, 4> times{10, 20, 30, 40};
    std::array<std::uint64_t, 4> sequences{1, 2, 3, 4};
    std::array<std::uint64_t, 4> words{7, 99, 8, 9};
    std::array<std::string_view, 4> texts{"x", "?", "", "zz"};
    std::array<std::uint8_t, 4> flags{1, 0, 1, 0};
    std::uint64_t validity = 0b1101u << 3;
    storage::SeriesRun run;
};

TEST(CarriedRows, OutliveTheScan) {
    CarriedRows rows(3);
    {
        Shown shown;
        rows.add(shown.run, 0, 1);
        rows.add(shown.run, 1, 3);
        shown.run.series_key = "m,host=b";
        rows.add(shown.run, 2, 2);
        shown.words.fill(0);
        shown.texts.fill("gone");
    }
    rows.finish();
    ASSERT_EQ(rows.runs(), 2u);
    storage::SeriesRun run;
    rows.show(0, run);
    EXPECT_EQ(run.series_key, "m,host=a");
    ASSERT_EQ(run.rows, 4u);
    EXPECT_EQ(run.times[3], 40);
    EXPECT_EQ(run.sequences[1], 2u);
    EXPECT_FALSE(run.columns[0].is_valid(1));
    EXPECT_FALSE(run.columns[1].is_valid(1));
    EXPECT_TRUE(run.columns[2].is_valid(1));
    EXPECT_EQ(run.columns[2].validity, nullptr);
    EXPECT_EQ(run.columns[0].words[2], 8u);
    EXPECT_EQ(run.columns[1].texts[0], "x");
    EXPECT_TRUE(run.columns[1].is_valid(2));
    EXPECT_EQ(run.columns[1].texts[2], "");
    EXPECT_EQ(run.columns[1].texts[3], "zz");
    EXPECT_EQ(run.columns[2].flags[2], 1);
    rows.show(1, run);
    EXPECT_EQ(run.series_key, "m,host=b");
    ASSERT_EQ(run.rows, 2u);
    EXPECT_EQ(run.times[0], 30);
    EXPECT_EQ(run.columns[0].words[1], 9u);
    EXPECT_EQ(run.columns[1].texts[1], "zz");
    EXPECT_TRUE(run.columns[0].is_valid(0));
}

TEST(CarriedRows, AColumnMayBeginLateAndEndEarly) {
    CarriedRows rows(3);
    Shown shown;
    const storage::SeriesRun full = shown.run;
    shown.run.columns.assign(3, storage::ColumnView());
    rows.add(shown.run, 0, 4);
    rows.add(full, 0, 4);
    rows.add(shown.run, 0, 2);
    rows.finish();
    storage::SeriesRun run;
    rows.show(0, run);
    ASSERT_EQ(rows.runs(), 1u);
    ASSERT_EQ(run.rows, 10u);
    for (const std::size_t row : {0u, 3u, 8u, 9u}) {
        for (const auto& column : run.columns) EXPECT_FALSE(column.is_valid(row)) << row;
    }
    EXPECT_EQ(run.columns[0].words[4], 7u);
    EXPECT_EQ(run.columns[1].texts[7], "zz");
    EXPECT_EQ(run.columns[2].flags[4], 1);
}

// Around the words that bits are kept in.
TEST(CarriedRows, TheFirstNullMayComeAtAnyRow) {
    for (const std::size_t full : {1u, 63u, 64u, 65u, 128u}) {
        std::vector<model::Timestamp> times(full + 4);
        std::vector<std::uint64_t> words(full + 4, 5);
        std::uint64_t validity[4] = {~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0},
                                     ~std::uint64_t{0}};
        validity[(full + 1) / 64] &= ~(std::uint64_t{1} << ((full + 1) % 64));
        storage::SeriesRun run;
        run.series_key = "m";
        run.rows = times.size();
        run.times = times;
        storage::ColumnView column;
        column.type = model::FieldType::kInteger;
        column.all_null = false;
        column.words = words;
        column.validity = validity;
        run.columns = {column};
        CarriedRows rows(1);
        rows.add(run, 0, full);
        rows.add(run, full, 4);
        rows.finish();
        storage::SeriesRun shown;
        rows.show(0, shown);
        for (std::size_t row = 0; row < full + 4; ++row) {
            EXPECT_EQ(shown.columns[0].is_valid(row), row != full + 1) << full << " " << row;
        }
    }
}

TEST(CarriedRows, AColumnWithoutAnyValueTakesNothing) {
    CarriedRows narrow(0);
    CarriedRows wide(3);
    Shown shown;
    shown.run.columns.assign(3, storage::ColumnView());
    wide.add(shown.run, 0, 4);
    shown.run.columns.clear();
    narrow.add(shown.run, 0, 4);
    EXPECT_EQ(wide.bytes(), narrow.bytes());
    wide.finish();
    storage::SeriesRun run;
    wide.show(0, run);
    EXPECT_TRUE(run.columns[2].all_null);
}

}  // namespace
}  // namespace sluice::server
