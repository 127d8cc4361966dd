#include "query/functions/reducer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "functions/reduce.h"

namespace sluice::query {
namespace {

std::vector<Point> integers(const std::vector<std::int64_t>& values) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < values.size(); ++i) {
        points.push_back(
            {static_cast<std::int64_t>(i + 1) * 1'000'000'000, Value::of_integer(values[i])});
    }
    return points;
}

std::vector<Point> unsigneds(const std::vector<std::uint64_t>& values) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < values.size(); ++i) {
        points.push_back(
            {static_cast<std::int64_t>(i + 1) * 1'000'000'000, Value::of_unsigned(values[i])});
    }
    return points;
}

// "time:value" of each point; w stands for the time of the window.
std::string text(const std::vector<Point>& points) {
    std::string text;
    for (const Point& point : points) {
        if (!text.empty()) text += ' ';
        text += point.time == kTimeOfWindow ? "w" : std::to_string(point.time / 1'000'000'000);
        text += ':';
        switch (point.value.kind()) {
            case Value::Kind::kFloat: {
                char number[32];
                std::snprintf(number, sizeof number, "%.17g", point.value.as_float());
                text += number;
                break;
            }
            case Value::Kind::kInteger:
                text += std::to_string(point.value.as_integer()) + "i";
                break;
            case Value::Kind::kUnsigned:
                text += std::to_string(point.value.as_unsigned()) + "u";
                break;
            case Value::Kind::kBoolean:
                text += point.value.as_boolean() ? "true" : "false";
                break;
            default:
                text += point.value.as_string();
        }
    }
    return text;
}

constexpr std::int64_t kIntegerMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kIntegerMax = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kUnsignedMax = std::numeric_limits<std::uint64_t>::max();

TEST(Reducer, MedianIsTheMiddleOrTheMeanOfTwo) {
    EXPECT_EQ(text(reduce("median(v)", seconds({5, 1, 3}))), "w:3");
    EXPECT_EQ(text(reduce("median(v)", seconds({5, 1, 3, 2}))), "w:2.5");
    EXPECT_EQ(text(reduce("median(v)", seconds({5}))), "1:5");
    EXPECT_EQ(text(reduce("median(v)", integers({7}))), "w:7");
    EXPECT_EQ(text(reduce("median(v)", integers({2, 5}))), "w:3.5");
    EXPECT_EQ(text(reduce("median(v)", unsigneds({2, 5}))), "w:3.5");
}

TEST(Reducer, ModeIsTheMostFrequentThenTheEarliest) {
    EXPECT_EQ(text(reduce("mode(v)", seconds({3, 1, 1, 3}))), "w:3");
    EXPECT_EQ(text(reduce("mode(v)", seconds({3, 1, 1}))), "w:1");
    EXPECT_EQ(text(reduce("mode(v)", seconds({3}))), "1:3");
    EXPECT_EQ(text(reduce("mode(v)", integers({4, 5, 6}))), "w:4i");
    const std::vector<Point> flags = {{0, Value::of_boolean(false)}, {1, Value::of_boolean(true)}};
    EXPECT_EQ(text(reduce("mode(v)", flags)), "w:true");
}

TEST(Reducer, StddevOfOnePointIsNoNumber) {
    EXPECT_EQ(text(reduce("stddev(v)", seconds({2, 4, 4, 4, 5, 5, 7, 9}))), "w:2.1380899352993952");
    EXPECT_TRUE(std::isnan(reduce("stddev(v)", seconds({2}))[0].value.as_float()));
}

TEST(Reducer, SpreadOfIntegersWraps) {
    EXPECT_EQ(text(reduce("spread(v)", seconds({2, -3, 4}))), "w:7");
    EXPECT_EQ(text(reduce("spread(v)", integers({kIntegerMin, kIntegerMax}))), "w:-1i");
    EXPECT_EQ(text(reduce("spread(v)", unsigneds({3, kUnsignedMax}))), "w:18446744073709551612u");
}

TEST(Reducer, PercentileSelectsByNearestRank) {
    const std::vector<Point> points = seconds({10, 30, 20, 40});
    EXPECT_EQ(text(reduce("percentile(v, 50)", points)), "3:20");
    EXPECT_EQ(text(reduce("percentile(v, 100)", points)), "4:40");
    EXPECT_EQ(text(reduce("percentile(v, 12.5)", points)), "1:10");
    EXPECT_EQ(text(reduce("percentile(v, 12)", points)), "");
    EXPECT_EQ(text(reduce("percentile(v, 113)", points)), "");
    EXPECT_EQ(text(reduce("percentile(v, -5)", points)), "");
}

TEST(Reducer, DistinctComesInOrderOfAppearance) {
    EXPECT_EQ(text(reduce("distinct(v)", seconds({3, 1, 3, 2, 1}))), "1:3 2:1 4:2");
    const std::vector<Point> words = {
        {1, Value::of_string("b")}, {1, Value::of_string("a")}, {0, Value::of_string("b")}};
    EXPECT_EQ(text(reduce("distinct(v)", words)), "0:a 0:b");
}

TEST(Reducer, TopAndBottomComeBestFirst) {
    const std::vector<Point> points = seconds({5, 9, 1, 9, 7});
    EXPECT_EQ(text(reduce("top(v, 3)", points)), "2:9 4:9 5:7");
    EXPECT_EQ(text(reduce("top(v, 1)", points)), "2:9");
    EXPECT_EQ(text(reduce("bottom(v, 2)", points)), "3:1 1:5");
    EXPECT_EQ(text(reduce("bottom(v, 9)", seconds({2, 1}))), "2:1 1:2");
}

TEST(Reducer, SampleOfFewPointsIsAllOfThem) {
    EXPECT_EQ(text(reduce("sample(v, 3)", seconds({5, 9}))), "1:5 2:9");
    EXPECT_EQ(reduce("sample(v, 3)", seconds({5, 9, 1, 4, 7})).size(), 3u);
}

TEST(Reducer, DerivativeIsPerUnit) {
    EXPECT_EQ(text(reduce("derivative(v)", seconds({1, 3, 2}))), "2:2 3:-1");
    EXPECT_EQ(text(reduce("derivative(v, 500ms)", integers({1, 3, 2}))), "2:1 3:-0.5");
    EXPECT_EQ(text(reduce("non_negative_derivative(v)", unsigneds({1, 3, 2, 2}))), "2:2 4:-0");
    TimeFrame frame;
    frame.window.interval_ns = 2'000'000'000;
    EXPECT_EQ(text(reduce("derivative(v)", seconds({1, 3}), frame)), "2:4");
    std::vector<Point> backwards = seconds({1, 3});
    std::swap(backwards[0], backwards[1]);
    frame = {};
    frame.ascending = false;
    EXPECT_EQ(text(reduce("derivative(v)", backwards, frame)), "1:-2");
}

TEST(Reducer, OfPointsOfOneTimeTheFirstCounts) {
    std::vector<Point> points = seconds({1, 3, 2});
    points[1].time = points[0].time;
    EXPECT_EQ(text(reduce("difference(v)", points)), "3:1");
    EXPECT_EQ(text(reduce("elapsed(v, 1s)", points)), "1:0i 3:2i");
}

TEST(Reducer, DifferencesOfIntegersWrap) {
    EXPECT_EQ(text(reduce("difference(v)", integers({kIntegerMax, kIntegerMin}))), "2:1i");
    EXPECT_EQ(text(reduce("difference(v)", unsigneds({3, 1}))), "2:18446744073709551614u");
    EXPECT_EQ(text(reduce("non_negative_difference(v)", unsigneds({3, 1, 4}))), "3:3u");
    EXPECT_EQ(text(reduce("non_negative_difference(v)", seconds({3, 1, 4}))), "3:3");
}

TEST(Reducer, MovingAverageNeedsAFullWindow) {
    EXPECT_EQ(text(reduce("moving_average(v, 2)", seconds({1, 3, 2}))), "2:2 3:2.5");
    EXPECT_EQ(text(reduce("moving_average(v, 3)", integers({1, 3, 3, 4}))),
              "3:2.3333333333333335 4:3.3333333333333335");
    EXPECT_EQ(text(reduce("moving_average(v, 4)", integers({1, 3, 3}))), "");
}

TEST(Reducer, CumulativeSumKeepsTheType) {
    EXPECT_EQ(text(reduce("cumulative_sum(v)", integers({1, -3, 2}))), "1:1i 2:-2i 3:0i");
    EXPECT_EQ(text(reduce("cumulative_sum(v)", unsigneds({kUnsignedMax, 2}))),
              "1:18446744073709551615u 2:1u");
    EXPECT_EQ(text(reduce("cumulative_sum(v)", seconds({0.5, 1}))), "1:0.5 2:1.5");
}

TEST(Reducer, IntegralCutsAtTheBordersOfWindows) {
    EXPECT_EQ(text(reduce("integral(v)", seconds({1, 3, 2}))), "0:4.5");
    EXPECT_EQ(text(reduce("integral(v, 500ms)", seconds({1, 3, 2}))), "0:9");
    TimeFrame frame;
    frame.window.interval_ns = 2'000'000'000;
    EXPECT_EQ(text(reduce("integral(v)", seconds({1, 3, 2, 4}), frame)), "0:2 2:5.5");
}

}  // namespace
}  // namespace sluice::query
