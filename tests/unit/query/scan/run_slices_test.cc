// Runs in parts, where a statement makes a row dear.
#include "query/scan/run_slices.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/influxql/parser.h"

namespace sluice::query {
namespace {

SelectPlan plan_of(int comparisons) {
    SelectPlan plan;
    plan.add_field("v", influxql::DataType::kFloat, true);
    std::string text = "v > 0";
    for (int i = 1; i < comparisons; ++i) text += " AND v > " + std::to_string(-i);
    auto parsed = influxql::parse_expression(text);
    EXPECT_TRUE(parsed.ok());
    plan.condition = influxql::ExprBox(std::move(*parsed));
    return plan;
}

struct Rows {
    explicit Rows(std::size_t count) : words(count), sequences(count), validity(count / 64 + 1) {
        for (std::size_t row = 0; row < count; ++row) {
            words[row] = row * 3;
            sequences[row] = row + 7;
            times.push_back(static_cast<model::Timestamp>(row) * 10);
            if (row % 3 != 0) validity[row / 64] |= std::uint64_t{1} << (row % 64);
        }
        run.series_key = "m";
        run.rows = count;
        run.times = times;
        run.time_first = times.front();
        run.time_last = times.back();
        run.sequences = sequences;
        run.columns.resize(2);
        run.columns[0] = {model::FieldType::kInteger, false, words, {}, {}, validity.data(), 0};
    }
    std::vector<std::uint64_t> words;
    std::vector<std::uint64_t> sequences;
    std::vector<std::uint64_t> validity;
    std::vector<model::Timestamp> times;
    storage::SeriesRun run;
};

TEST(RunSlices, PartsHaveTheRowsOfTheRun) {
    RunSlices slices(plan_of(3000));
    Rows rows(100);
    ASSERT_LT(slices.rows(), 50u);
    std::size_t row = 0;
    for (std::size_t begin = 0; begin < rows.run.rows; begin += slices.rows()) {
        const storage::SeriesRun& part = slices.part(rows.run, begin);
        ASSERT_LE(part.rows, slices.rows());
        EXPECT_EQ(part.series_key, "m");
        EXPECT_EQ(part.time_first, rows.times[begin]);
        EXPECT_EQ(part.time_last, rows.times[begin + part.rows - 1]);
        EXPECT_TRUE(part.columns[1].all_null);
        for (std::size_t i = 0; i < part.rows; ++i, ++row) {
            EXPECT_EQ(part.times[i], rows.times[row]);
            EXPECT_EQ(part.sequences[i], rows.sequences[row]);
            EXPECT_EQ(part.columns[0].words[i], rows.words[row]);
            EXPECT_EQ(part.columns[0].is_valid(i), row % 3 != 0);
        }
    }
    EXPECT_EQ(row, 100u);
}

TEST(RunSlices, ASmallRunAndStatisticsStayWhole) {
    RunSlices few(plan_of(1));
    Rows rows(100);
    EXPECT_EQ(&few.part(rows.run, 0), &rows.run);
    RunSlices many(plan_of(3000));
    storage::SeriesRun statistics;
    statistics.rows = 1'000'000;
    statistics.statistics.resize(1);
    EXPECT_EQ(&many.part(statistics, 0), &statistics);
}

TEST(RunSlices, EvenTheDearestRowIsTakenByItself) {
    EXPECT_EQ(rows_between_breaths(0), 65'536u);
    EXPECT_EQ(rows_between_breaths(65'536), 1u);
    EXPECT_EQ(rows_between_breaths(1'000'000), 1u);
}

}  // namespace
}  // namespace sluice::query
