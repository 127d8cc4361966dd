// These functions compare points: values of one kind with each other, and times.
#pragma once

#include <algorithm>
#include <vector>

#include "query/expr/point.h"

namespace sluice::query {

// Returns a < b for values of one kind; false is less than true.
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

// Returns what Go's == says for the values' type: 0 equals -0, and NaN equals nothing.
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

// Sorts points by time in the direction of the query. Points of one time keep their order.
inline void sort_by_time(std::vector<Point>& points, bool ascending) {
    std::stable_sort(points.begin(), points.end(), [&](const Point& a, const Point& b) {
        return ascending ? a.time < b.time : b.time < a.time;
    });
}

}  // namespace sluice::query
