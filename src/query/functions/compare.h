// How points compare: values of one kind with each other, and times.
#pragma once

#include <algorithm>
#include <vector>

#include "query/expr/point.h"

namespace sluice::query {

// a < b for values of one kind; false sorts before true.
inline bool value_less(const Value& a, const Value& b) {
    switch (a.kind()) {
        case Value::Kind::kFloat:
            return a.as_float() < b.as_float();
        case Value::Kind::kInteger:
            return a.as_integer() < b.as_integer();
        case Value::Kind::kString:
            return a.as_string() < b.as_string();
        default:
            return a.word() < b.word();
    }
}

// As Go's == of the values' type: 0 equals -0, NaN nothing.
inline bool value_equal(const Value& a, const Value& b) {
    switch (a.kind()) {
        case Value::Kind::kFloat:
            return a.as_float() == b.as_float();
        case Value::Kind::kString:
            return a.as_string() == b.as_string();
        default:
            return a.word() == b.word();
    }
}

// In the direction of the query; points of one time stay as they are.
inline void sort_by_time(std::vector<Point>& points, bool ascending) {
    std::stable_sort(points.begin(), points.end(), [&](const Point& a, const Point& b) {
        return ascending ? a.time < b.time : b.time < a.time;
    });
}

}  // namespace sluice::query
