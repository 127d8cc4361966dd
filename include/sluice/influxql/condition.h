// Takes a WHERE clause apart: the time range and what is left.
#pragma once

#include <cstdint>
#include <optional>

#include "sluice/base/result.h"
#include "sluice/influxql/expr.h"

namespace sluice::influxql {

// Both ends inclusive; an absent end is open.
struct TimeBounds {
    std::optional<TimeLiteral> min;
    std::optional<TimeLiteral> max;

    TimeBounds intersect(const TimeBounds& other) const;
};

struct Condition {
    ExprBox expr;  // without comparisons of time; empty: every row
    TimeBounds time;
};

// Comparisons of time are intersected wherever they stand, under OR as well, as InfluxDB does.
Result<Condition> split_condition(const ExprBox& where, TimeLiteral now);

}  // namespace sluice::influxql
