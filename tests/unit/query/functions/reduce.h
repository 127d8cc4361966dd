// Feeds points to a function by its text and collects what it gives.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "query/functions/reducer.h"
#include "sluice/influxql/parser.h"

namespace sluice::query {

// One value a second, from second 1.
inline std::vector<Point> seconds(const std::vector<double>& values) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < values.size(); ++i) {
        points.push_back(
            {static_cast<std::int64_t>(i + 1) * 1'000'000'000, Value::of_float(values[i])});
    }
    return points;
}

// GROUP BY time(1s)
inline TimeFrame seconds_frame() {
    TimeFrame frame;
    frame.window.interval_ns = 1'000'000'000;
    return frame;
}

inline influxql::DataType type_of_points(const std::vector<Point>& points) {
    if (points.empty()) return influxql::DataType::kFloat;
    switch (points[0].value.kind()) {
        case Value::Kind::kInteger:
            return influxql::DataType::kInteger;
        case Value::Kind::kUnsigned:
            return influxql::DataType::kUnsigned;
        case Value::Kind::kString:
            return influxql::DataType::kString;
        case Value::Kind::kBoolean:
            return influxql::DataType::kBoolean;
        default:
            return influxql::DataType::kFloat;
    }
}

// What the call gives for the points of one window, or of one tag set.
inline std::vector<Point> reduce(const std::string& call, const std::vector<Point>& points,
                                 const TimeFrame& frame = {}) {
    const auto expr = influxql::parse_expression(call);
    EXPECT_TRUE(expr.ok()) << call;
    const auto reducer =
        make_reducer(reducer_spec(*expr->as<influxql::Call>(), type_of_points(points), frame));
    const FunctionKind kind = find_function(expr->as<influxql::Call>()->name)->kind;
    std::vector<Point> out;
    for (const Point& point : points) {
        reducer->add(point);
        if (kind == FunctionKind::kTransformation) reducer->emit(out);
    }
    if (kind != FunctionKind::kTransformation) {
        while (!reducer->prepare()) continue;
        reducer->emit(out);
    }
    reducer->finish(out);
    return out;
}

inline std::vector<double> floats(const std::vector<Point>& points) {
    std::vector<double> values;
    for (const Point& point : points) {
        EXPECT_EQ(point.value.kind(), Value::Kind::kFloat);
        values.push_back(point.value.as_float());
    }
    return values;
}

}  // namespace sluice::query
