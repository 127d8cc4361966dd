// The partial states of count, sum, mean, min, max, first and last. Two states of disjoint rows
// merge into the state of both, so that cores can work apart from each other.
//
// A state is a count and at most one value. Which of its members mean anything depends on the
// function: `value` is the sum of sum() and mean(), and the value that a selector selected, whose
// time is `time`. count() has no value. An empty state has none of them.
//
// Rows become an answer in three steps, and the steps are InfluxDB's because rounding shows. Within
// a series of one shard group, values are added in the order of time, beginning with the first and
// not with zero. Then contribution() turns the state of the series into what it contributes; for
// mean() that is its mean times its count. Then contributions of all series are merged, and
// result_of() makes the value, adding 0.0 where InfluxDB would have begun with it.
//
// Selectors choose one row. For min() and max(), the earlier of two equal values wins; NaN is equal
// to nothing, so it stays if it came first. For first() and last(), the greater of two values at
// one time wins (of first() of booleans, the smaller), and the state remembers that there was a
// tie: without windows InfluxDB decides it by reading rows, which points/tie_breaker.h does
// afterwards.
#pragma once

#include <cstdint>

#include "query/expr/point.h"
#include "query/expr/value.h"
#include "query/scan/select_plan.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

struct AggregateState {
    std::uint64_t count = 0;
    Value value;                // the sum, or the value selected
    model::Timestamp time = 0;  // of the value selected
    // Selectors: the number of a row of other values, which whoever keeps the state keeps, too. A
    // state that goes elsewhere gets another number there (AggregateTable::adopt).
    std::uint32_t auxiliary = kNoRow;
    bool is_tied = false;  // first, last: several series have that time

    bool empty() const { return count == 0; }
};

// Adds a value to the state, and returns whether a selector selected it. Strings are not copied: a
// caller that keeps the state copies its value.
bool aggregate(const AggregateCall& call, AggregateState& state, model::Timestamp time,
               Value value);

// Adds everything that another state of the same call has seen, and returns whether a selector
// selected the value of `other`.
bool merge(const AggregateCall& call, AggregateState& state, const AggregateState& other);

// Returns what a series of one shard group contributes. It differs from the state for mean() only:
// InfluxDB makes the mean of each series first and weighs the means.
AggregateState contribution(const AggregateCall& call, const AggregateState& state);

// Returns whether such a value would change the state of a selector: it would be selected, or it
// would make a tie.
bool would_select(const AggregateCall& call, const AggregateState& state, model::Timestamp time,
                  Value value);

// The value the state stands for.
Value result_of(const AggregateCall& call, const AggregateState& state);

}  // namespace sluice::query
