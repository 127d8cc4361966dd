// Partial states of count, sum, mean, min, max, first and last. Two states of disjoint rows merge
// into the state of both, so that cores can work apart.
#pragma once

#include <cstdint>

#include "query/expr/point.h"
#include "query/expr/value.h"
#include "query/scan/select_plan.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

struct AggregateState {
    std::uint64_t count = 0;
    Value value;                       // the sum, or the value selected
    model::Timestamp time = 0;         // of the value selected
    std::uint32_t auxiliary = kNoRow;  // selectors: where the other values of the row are kept
    bool is_tied = false;              // first, last: several series have that time

    bool empty() const { return count == 0; }
};

// Takes a value in. True when a selector selected it. Strings are not copied.
bool aggregate(const AggregateCall& call, AggregateState& state, model::Timestamp time,
               Value value);

// Takes in what another state of the same call has seen. True when `other`'s value was selected.
bool merge(const AggregateCall& call, AggregateState& state, const AggregateState& other);

// What a series (of one shard group) contributes: InfluxDB makes the mean of each series first and
// weighs the means, and rounding shows.
AggregateState contribution(const AggregateCall& call, const AggregateState& state);

// Whether a selector would take such a value in place of what the state holds, or has to know that
// it has the same time.
bool would_select(const AggregateCall& call, const AggregateState& state, model::Timestamp time,
                  Value value);

// The value the state stands for.
Value result_of(const AggregateCall& call, const AggregateState& state);

}  // namespace sluice::query
