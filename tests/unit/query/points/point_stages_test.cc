// The stages of points between a scan and the rows of an answer, each by itself: nothing comes in,
// blocks end where it hurts, the order is the other one, the input fails, memory is short.
#include <gtest/gtest.h>

#include <functional>

#include "functions/reduce.h"
#include "points/point_lists.h"
#include "query/points/fill_points.h"
#include "query/points/limit_points.h"
#include "query/points/merge_points.h"
#include "query/points/stream_points.h"
#include "query/points/window_points.h"

namespace sluice::query {
namespace {

using influxql::DataType;
using influxql::FillOption;

Value f(double value) {
    return Value::of_float(value);
}
Value i(std::int64_t value) {
    return Value::of_integer(value);
}
Value s(std::string_view text) {
    return Value::of_string(text);
}

class PointStages : public testing::Test {
protected:
    using Source = std::unique_ptr<PointCursor>;

    static Source list(std::vector<ListedPoint> points, std::size_t block = 3) {
        return std::make_unique<ListPoints>(std::move(points), block);
    }
    static Source failing(std::vector<ListedPoint> points) {
        auto cursor = std::make_unique<ListPoints>(std::move(points));
        cursor->fail("stopped");
        return cursor;
    }
    // `count` points, one a second from 0.
    std::vector<ListedPoint> run(const TagSet* tags, int count) {
        std::vector<ListedPoint> points;
        for (int at = 0; at < count; ++at) points.push_back({tags, at, f(at), {}});
        return points;
    }

    static Window every(std::int64_t interval) {
        Window window;
        window.interval_ns = interval;
        return window;
    }
    static FillPoints::Options fill_options(FillOption option, DataType type = DataType::kFloat) {
        FillPoints::Options options;
        options.fill.option = option;
        options.window = every(10);
        options.time_min = 0;
        options.time_max = 49;
        options.type = type;
        return options;
    }
    Lines filled(std::vector<ListedPoint> points, const FillPoints::Options& options,
                 std::size_t block = 3) {
        FillPoints stage(list(std::move(points), block), 0, options);
        return drain(stage);
    }

    static MakeReducer reducers(const std::string& call, DataType type = DataType::kFloat,
                                const TimeFrame& frame = {}) {
        const auto expr = influxql::parse_expression(call);
        const ReducerSpec spec = reducer_spec(*expr->as<influxql::Call>(), type, frame);
        return [spec] { return make_reducer(spec); };
    }
    static WindowPoints::Options windows_of(std::int64_t interval) {
        WindowPoints::Options options;
        options.window = every(interval);
        options.time_max = model::kTimestampMax;
        return options;
    }

    // Tag sets of GROUP BY h.
    Grouping grouping_{{"h"}, {"h"}};
    const TagSet* const a_ = grouping_.find("m", {"a"});
    const TagSet* const b_ = grouping_.find("m", {"b"});
    // Of a subquery that groups by h, in one that does not group.
    Grouping nested_{{}, {"h"}};
    const TagSet* const inner_a_ = nested_.find("m", {"a"});
    const TagSet* const inner_b_ = nested_.find("m", {"b"});
};

TEST_F(PointStages, GiveNothingWhenNothingComes) {
    FillPoints fill(list({}), 0, fill_options(FillOption::kNumber));
    EXPECT_EQ(drain(fill), Lines());
    LimitPoints limit(list({}), 0, 2, 1);
    EXPECT_EQ(drain(limit), Lines());
    WindowPoints window(list({}), reducers("median(v)"), windows_of(10));
    EXPECT_EQ(drain(window), Lines());
    StreamPoints stream(list({}), reducers("difference(v)"), 0);
    EXPECT_EQ(drain(stream), Lines());
    MergePoints none({}, {});
    EXPECT_EQ(drain(none), Lines());
    std::vector<Source> sources;
    sources.push_back(list({}));
    sources.push_back(list({}));
    MergePoints merge(std::move(sources), {});
    EXPECT_EQ(drain(merge), Lines());
}

TEST_F(PointStages, PassTheErrorOfTheirInputOn) {
    const auto points = [this] { return failing({{a_, 0, f(1), {}}, {a_, 10, f(2), {}}}); };
    const Lines seen{"a 0 1.", "a 10 2.", "error: stopped"};
    FillPoints fill(points(), 0, fill_options(FillOption::kNull));
    EXPECT_EQ(drain(fill), seen);
    LimitPoints limit(points(), 0, 5, 0);
    EXPECT_EQ(drain(limit), seen);
    StreamPoints stream(points(), reducers("cumulative_sum(v)"), 0);
    EXPECT_EQ(drain(stream), Lines({"a 0 1.", "a 10 3.", "error: stopped"}));
    // The first window is whole; the second may not be.
    WindowPoints window(points(), reducers("median(v)"), windows_of(10));
    EXPECT_EQ(drain(window), Lines({"a 0 1.", "error: stopped"}));
    std::vector<Source> sources;
    sources.push_back(list({{a_, 0, f(7), {}}, {a_, 20, f(8), {}}, {a_, 30, f(9), {}}}));
    sources.push_back(points());
    MergePoints merge(std::move(sources), {.is_sorted = true});
    EXPECT_EQ(drain(merge), Lines({"a 0 7.", "a 0 1.", "a 10 2.", "error: stopped"}));
}

TEST_F(PointStages, FillPutsAPointIntoEveryWindow) {
    const std::vector<ListedPoint> points{
        {a_, 10, f(1), {}}, {a_, 30, f(5), {}}, {b_, 0, f(2), {}}, {b_, 40, f(4), {}}};
    for (const std::size_t block : {1u, 2u, 3u, 4u}) {
        EXPECT_EQ(filled(points, fill_options(FillOption::kNull), block),
                  Lines({"a 0 null", "a 10 1.", "a 20 null", "a 30 5.", "a 40 null", "b 0 2.",
                         "b 10 null", "b 20 null", "b 30 null", "b 40 4."}));
        EXPECT_EQ(filled(points, fill_options(FillOption::kPrevious), block),
                  Lines({"a 0 null", "a 10 1.", "a 20 1.", "a 30 5.", "a 40 5.", "b 0 2.",
                         "b 10 2.", "b 20 2.", "b 30 2.", "b 40 4."}));
    }
    // The point that a line goes to has to be there already, as in InfluxDB.
    EXPECT_EQ(filled(points, fill_options(FillOption::kLinear), 4),
              Lines({"a 0 null", "a 10 1.", "a 20 3.", "a 30 5.", "a 40 null", "b 0 2.", "b 10 2.5",
                     "b 20 3.", "b 30 3.5", "b 40 4."}));
}

TEST_F(PointStages, FillDrawsItsLineAcrossBlocks) {
    const std::vector<ListedPoint> points{{a_, 0, f(0), {}}, {a_, 40, f(8), {}}};
    EXPECT_EQ(filled(points, fill_options(FillOption::kLinear), 1),
              Lines({"a 0 0.", "a 10 2.", "a 20 4.", "a 30 6.", "a 40 8."}));
    const std::vector<ListedPoint> falling{{a_, 0, i(9), {}}, {a_, 30, i(-2), {}}};
    EXPECT_EQ(filled(falling, fill_options(FillOption::kLinear, DataType::kInteger), 1),
              Lines({"a 0 9i", "a 10 5i", "a 20 1i", "a 30 -2i", "a 40 null"}));
}

TEST_F(PointStages, FillGoesDownWhereTheAnswerDoes) {
    FillPoints::Options options = fill_options(FillOption::kPrevious);
    options.ascending = false;
    EXPECT_EQ(filled({{b_, 30, f(3), {}}, {a_, 40, f(4), {}}, {a_, 10, f(1), {}}}, options),
              Lines({"b 40 null", "b 30 3.", "b 20 3.", "b 10 3.", "b 0 3.", "a 40 4.", "a 30 4.",
                     "a 20 4.", "a 10 1.", "a 0 1."}));
}

TEST_F(PointStages, FillHasTheTypeOfItsColumn) {
    struct Case {
        DataType type;
        const char* text;
    };
    for (const Case& c : {Case{DataType::kFloat, "7."}, Case{DataType::kInteger, "7i"},
                          Case{DataType::kUnsigned, "7u"}, Case{DataType::kBoolean, "false"},
                          Case{DataType::kString, ""}}) {
        FillPoints::Options options = fill_options(FillOption::kNumber, c.type);
        options.fill.value = std::int64_t{7};
        options.time_max = 19;
        EXPECT_EQ(filled({{a_, 0, Value(), {}}}, options),
                  Lines({"a 0 null", std::string("a 10 ") + c.text}));
    }
}

TEST_F(PointStages, FillKeepsTheTextBefore) {
    const std::string text(100, 'x');
    FillPoints::Options options = fill_options(FillOption::kPrevious, DataType::kString);
    EXPECT_EQ(filled({{a_, 10, s(text), {}}, {b_, 20, s("y"), {}}}, options, 1),
              Lines({"a 0 null", "a 10 " + text, "a 20 " + text, "a 30 " + text, "a 40 " + text,
                     "b 0 null", "b 10 null", "b 20 y", "b 30 y", "b 40 y"}));
    options.time_max = 50'000;
    const Lines many = filled({{a_, 0, s(text), {}}}, options);
    ASSERT_EQ(many.size(), 5001u);
    EXPECT_EQ(many.back(), "a 50000 " + text);
}

TEST_F(PointStages, FillGivesManyWindowsInBlocks) {
    FillPoints::Options options = fill_options(FillOption::kNull);
    options.time_max = 49'999;
    FillPoints stage(list({{a_, 20'000, f(1), {}}}), 0, options);
    PointBlock block;
    std::size_t windows = 0;
    for (;;) {
        auto task = stage.next(block);
        if (!task.take().value()) break;
        EXPECT_LE(block.points.size(), kPointsPerBlock);
        for (const TaggedPoint& each : block.points) {
            EXPECT_EQ(each.point.time, static_cast<std::int64_t>(windows) * 10);
            EXPECT_EQ(each.point.value.is_null(), windows != 2000);
            ++windows;
        }
    }
    EXPECT_EQ(windows, 5000u);
}

TEST_F(PointStages, FillEndsAtTheEndOfTime) {
    FillPoints::Options options = fill_options(FillOption::kNull);
    options.time_min = model::kTimestampMax - 25;
    options.time_max = model::kTimestampMax;
    const model::Timestamp first = options.window.start_of(options.time_min);
    const Lines lines = filled({{a_, first, f(1), {}}}, options);
    ASSERT_FALSE(lines.empty());
    EXPECT_LE(lines.size(), 4u);
    options.ascending = false;
    options.time_min = model::kTimestampMin;
    options.time_max = model::kTimestampMin + 25;
    EXPECT_LE(filled({{a_, options.time_max, f(1), {}}}, options).size(), 4u);
}

TEST_F(PointStages, LimitCountsEachTagSet) {
    std::vector<ListedPoint> points = run(a_, 5);
    points.push_back({b_, 0, f(9), {}});
    for (const std::size_t block : {1u, 2u, 5u, 6u}) {
        LimitPoints some(list(points, block), 0, 2, 1);
        EXPECT_EQ(drain(some), Lines({"a 1 1.", "a 2 2."})) << block;
        LimitPoints first(list(points, block), 0, 1, 0);
        EXPECT_EQ(drain(first), Lines({"a 0 0.", "b 0 9."})) << block;
        LimitPoints behind(list(points, block), 0, 0, 4);
        EXPECT_EQ(drain(behind), Lines({"a 4 4."})) << block;
        LimitPoints nothing(list(points, block), 0, 3, 100);
        EXPECT_EQ(drain(nothing), Lines()) << block;
    }
}

TEST_F(PointStages, LimitPassesRowsWithTheirPoints) {
    std::vector<ListedPoint> points;
    for (int at = 0; at < 3000; ++at) points.push_back({a_, at, f(at), {i(at), s("t")}});
    LimitPoints stage(list(points, 7), 2, 2500, 10);
    const Lines lines = drain(stage, 2);
    ASSERT_EQ(lines.size(), 2500u);
    EXPECT_EQ(lines.front(), "a 10 10. 10i t");
    EXPECT_EQ(lines.back(), "a 2509 2509. 2509i t");
}

TEST_F(PointStages, MergeReadsASourceAsFarAsTheWindowGoes) {
    const auto merged = [this](MergePoints::Options options, std::size_t block) {
        std::vector<Source> sources;
        sources.push_back(list({{a_, 1, f(1), {}}, {a_, 8, f(2), {}}, {a_, 12, f(3), {}}}, block));
        sources.push_back(list({{a_, 0, f(4), {}}, {a_, 11, f(5), {}}, {b_, 0, f(6), {}}}, block));
        options.window = every(10);
        MergePoints merge(std::move(sources), options);
        return drain(merge);
    };
    for (const std::size_t block : {1u, 2u, 3u}) {
        EXPECT_EQ(merged({}, block),
                  Lines({"a 1 1.", "a 8 2.", "a 0 4.", "a 12 3.", "a 11 5.", "b 0 6."}));
        EXPECT_EQ(merged({.is_sorted = true}, block),
                  Lines({"a 0 4.", "a 1 1.", "a 8 2.", "a 11 5.", "a 12 3.", "b 0 6."}));
    }
}

TEST_F(PointStages, MergeGoesDownWhereTheAnswerDoes) {
    std::vector<Source> sources;
    sources.push_back(list({{b_, 5, f(1), {}}, {a_, 9, f(2), {}}, {a_, 1, f(3), {}}}));
    sources.push_back(list({{a_, 9, f(4), {}}, {a_, 5, f(5), {}}}));
    MergePoints merge(std::move(sources), {.ascending = false, .is_sorted = true});
    EXPECT_EQ(drain(merge), Lines({"b 5 1.", "a 9 4.", "a 9 2.", "a 5 5.", "a 1 3."}));
}

TEST_F(PointStages, MergeOrdersRowsOfOneTimeByTheirTexts) {
    for (const bool up : {true, false}) {
        std::vector<Source> sources;
        sources.push_back(list({{a_, 0, Value(), {s("y"), s("1")}}}));
        sources.push_back(list({{a_, 0, Value(), {s("y"), s("0")}}}));
        sources.push_back(list({{a_, 0, Value(), {s("x"), s("2")}}}));
        MergePoints merge(std::move(sources),
                          {.ascending = up, .auxiliary_width = 2, .is_sorted = true});
        Lines expected{"a 0 null x 2", "a 0 null y 0", "a 0 null y 1"};
        if (!up) std::reverse(expected.begin(), expected.end());
        EXPECT_EQ(drain(merge, 2), expected);
    }
}

TEST_F(PointStages, WindowsAreReducedEachByItself) {
    for (const std::size_t block : {1u, 2u, 3u, 100u}) {
        std::vector<ListedPoint> points = run(a_, 25);
        points.push_back({b_, 3, f(100), {}});
        WindowPoints stage(list(points, block), reducers("median(v)"), windows_of(10));
        EXPECT_EQ(drain(stage), Lines({"a 0 4.5", "a 10 14.5", "a 20 22.", "b 3 100."})) << block;
    }
}

TEST_F(PointStages, WindowsLeaveNullsOut) {
    WindowPoints stage(
        list({{a_, 0, Value(), {}}, {a_, 1, f(5), {}}, {a_, 2, Value(), {}}, {a_, 3, f(7), {}}}),
        reducers("median(v)"), windows_of(10));
    EXPECT_EQ(drain(stage), Lines({"a 0 6."}));
    WindowPoints nothing(list({{a_, 0, Value(), {}}}), reducers("median(v)"), windows_of(10));
    EXPECT_EQ(drain(nothing), Lines());
}

TEST_F(PointStages, WindowsOfNestedTagSetsAreSortedByTimeWhereFunctionsChoosePoints) {
    std::vector<ListedPoint> points{{inner_b_, 1, f(1), {}},
                                    {inner_a_, 2, f(5), {}},
                                    {inner_b_, 3, f(2), {}},
                                    {inner_a_, 4, f(9), {}}};
    const auto max = [] { return make_mergeable_reducer(Function::kMax, DataType::kFloat); };
    WindowPoints by_time(list(points), max, windows_of(10));
    EXPECT_EQ(drain(by_time), Lines({"b 3 2.", "a 4 9."}));
    WindowPoints::Options options = windows_of(10);
    options.sets_time = true;
    WindowPoints by_window(list(points), max, options);
    EXPECT_EQ(drain(by_window), Lines({"b 0 2.", "a 0 9."}));
    options.is_ordered = false;
    WindowPoints by_tags(list(points), max, options);
    EXPECT_EQ(drain(by_tags), Lines({"a 0 9.", "b 0 2."}));
}

TEST_F(PointStages, WindowsKeepTheTextsOfThePointsTheyGive) {
    std::vector<ListedPoint> points;
    for (int at = 0; at < 6; ++at) points.push_back({a_, at * 5, s("v"), {s("w"), i(at)}});
    WindowPoints::Options options = windows_of(10);
    options.keeps_auxiliary = true;
    options.auxiliary_width = 2;
    WindowPoints stage(
        list(points, 1), [] { return make_mergeable_reducer(Function::kLast, DataType::kString); },
        options);
    EXPECT_EQ(drain(stage, 2), Lines({"a 5 v w 1i", "a 15 v w 3i", "a 25 v w 5i"}));
}

TEST_F(PointStages, AWindowWithoutAnythingIsNotTheEnd) {
    WindowPoints stage(list({{a_, 0, f(1), {}}, {a_, 10, f(3), {}}, {a_, 11, f(5), {}}}),
                       reducers("stddev(v)"), windows_of(10));
    EXPECT_TRUE(stage.may_resume());
    const Lines lines = drain(stage, 0, 4);
    EXPECT_EQ(lines.back(), "-");
    EXPECT_NE(std::find(lines.begin(), lines.end(), "a 10 1.414214"), lines.end());
}

TEST_F(PointStages, WindowsRefuseMorePointsThanFitIntoMemory) {
    WindowPoints::Options options = windows_of(1'000'000);
    options.memory_bytes_max = 64 * 1024;
    WindowPoints few(list(run(a_, 500), 100), reducers("median(v)"), options);
    EXPECT_EQ(drain(few), Lines({"a 0 249.5"}));
    WindowPoints many(list(run(a_, 50'000), 100), reducers("median(v)"), options);
    const Lines lines = drain(many);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].starts_with("error: query needs more memory")) << lines[0];
    // As many in windows that are small.
    options.window = every(100);
    WindowPoints small(list(run(a_, 50'000), 100), reducers("median(v)"), options);
    EXPECT_EQ(drain(small).size(), 500u);
}

TEST_F(PointStages, StreamsGoOnOverBlocks) {
    for (const std::size_t block : {1u, 2u, 4u}) {
        StreamPoints stage(list({{a_, 0, f(1), {}},
                                 {a_, 1, Value(), {}},
                                 {a_, 2, f(4), {}},
                                 {b_, 0, f(10), {}},
                                 {b_, 5, f(30), {}}},
                                block),
                           reducers("difference(v)"), 0);
        EXPECT_EQ(drain(stage), Lines({"a 2 3.", "b 5 20."})) << block;
    }
    StreamPoints many(list(run(a_, 5000), 1024), reducers("cumulative_sum(v)"), 0);
    const Lines lines = drain(many);
    ASSERT_EQ(lines.size(), 5000u);
    EXPECT_EQ(lines.back(), "a 4999 12497500.");
}

TEST_F(PointStages, StreamsOfNestedTagSetsDoNotMix) {
    StreamPoints stage(list({{inner_b_, 0, f(1), {}},
                             {inner_a_, 0, f(100), {}},
                             {inner_b_, 1, f(3), {}},
                             {inner_a_, 1, f(150), {}}}),
                       reducers("difference(v)"), 0);
    EXPECT_EQ(drain(stage), Lines({"b 1 2.", "a 1 50."}));
}

TEST_F(PointStages, StreamsRefuseMoreTagSetsThanFitIntoMemory) {
    std::vector<ListedPoint> points;
    for (int at = 0; at < 2000; ++at) {
        points.push_back({nested_.find("m", {"h" + std::to_string(at)}), 0, f(1), {}});
    }
    StreamPoints stage(list(points, 100), reducers("difference(v)"), 64 * 1024);
    const Lines lines = drain(stage);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].starts_with("error: query needs more memory")) << lines[0];
}

}  // namespace
}  // namespace sluice::query
