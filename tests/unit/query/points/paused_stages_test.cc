// Stages over an input that ends for once, as InfluxDB's iterators do, or has points without a
// value.
#include <gtest/gtest.h>

#include "functions/reduce.h"
#include "memory_source.h"
#include "points/point_lists.h"
#include "query/points/fill_points.h"
#include "query/points/window_points.h"

namespace sluice::query {
namespace {

using influxql::FillOption;

Value f(double value) {
    return Value::of_float(value);
}

Window every(std::int64_t interval) {
    Window window;
    window.interval_ns = interval;
    return window;
}

class PausedStages : public testing::Test {
protected:
    Grouping grouping_{{"h"}, {"h"}};
    const TagSet* const a_ = grouping_.find("m", {"a"});
};

TEST_F(PausedStages, FillLooksForTheEndOfItsLineOnceMore) {
    FillPoints::Options options;
    options.fill.option = FillOption::kLinear;
    options.window = every(10);
    options.time_max = 39;
    const std::vector<ListedPoint> points{{a_, 0, f(0), {}}, {a_, 30, f(6), {}}};
    for (const std::size_t block : {1u, 2u}) {
        auto input = std::make_unique<ListPoints>(points, block);
        input->pause_before({1, 2});
        FillPoints fill(std::move(input), 0, options);
        EXPECT_EQ(drain(fill), Lines({"a 0 0.", "a 10 2.", "a 20 4.", "a 30 6."})) << block;
    }
}

TEST_F(PausedStages, APointWithoutAValueEndsAWindowItIsNotIn) {
    WindowPoints::Options options;
    options.window = every(10);
    options.sets_time = true;
    const auto expr = influxql::parse_expression("median(v)");
    const ReducerSpec spec =
        reducer_spec(*expr->as<influxql::Call>(), influxql::DataType::kFloat, {});
    const std::vector<ListedPoint> points{
        {a_, 2, Value(), {}}, {a_, 11, f(1), {}},  {a_, 12, Value(), {}}, {a_, 13, f(3), {}},
        {a_, 8, Value(), {}}, {a_, 14, f(10), {}}, {a_, 25, Value(), {}}};
    WindowPoints stage(
        std::make_unique<ListPoints>(points, 3), [spec] { return make_reducer(spec); }, options);
    EXPECT_EQ(drain(stage), Lines({"a 10 2.", "a 10 10."}));
}

class PausedForecast : public PausedStages {
protected:
    // holt_winters() of forty points, a value each second.
    Lines forecast(std::uint64_t memory_bytes_max = 0) {
        WindowPoints::Options options;
        options.memory_bytes_max = memory_bytes_max;
        options.time_max = model::kTimestampMax;
        options.source = &source_;
        const auto expr = influxql::parse_expression("holt_winters(first(v), 2, 4)");
        TimeFrame frame;
        frame.window = every(kSecondNs);
        const ReducerSpec spec =
            reducer_spec(*expr->as<influxql::Call>(), influxql::DataType::kFloat, frame);
        std::vector<ListedPoint> points;
        for (int i = 0; i < 40; ++i) points.push_back({a_, i * kSecondNs, f(i % 4 + 0.1 * i), {}});
        WindowPoints stage(
            std::make_unique<ListPoints>(points), [spec] { return make_reducer(spec); }, options);
        return drain(stage);
    }

    MemorySource source_{1};
};

TEST_F(PausedForecast, OthersRunDuringItsSearch) {
    EXPECT_EQ(forecast().size(), 2u);
    EXPECT_GT(source_.breaths, 1000u);
}

TEST_F(PausedForecast, TakesNoMoreMemoryThanAQueryMay) {
    EXPECT_EQ(forecast(1 << 20).size(), 2u);
    const Lines refused = forecast(5'000);
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_TRUE(refused[0].starts_with("error: query needs more memory")) << refused[0];
}

TEST_F(PausedForecast, EndsWithItsQuery) {
    source_.breaths_max = 100;
    EXPECT_EQ(forecast(), Lines{"error: query interrupted"});
    EXPECT_EQ(source_.breaths, 101u);
}

}  // namespace
}  // namespace sluice::query
