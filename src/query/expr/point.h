// A Point is what travels between the functions of a query: a time, a value, and a handle of the
// row that they come from.
#pragma once

#include <cstdint>
#include <limits>

#include "query/expr/value.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

inline constexpr std::uint32_t kNoRow = ~std::uint32_t{0};

// The time of a point whose function leaves it open: who drives the function puts the start of the
// window there (query/point.go: ZeroTime).
inline constexpr model::Timestamp kTimeOfWindow = std::numeric_limits<model::Timestamp>::min();

struct Point {
    model::Timestamp time = 0;
    Value value;                       // strings are views into the memory of who drives
    std::uint32_t auxiliary = kNoRow;  // the other values of the row; selectors pass it on
    std::uint32_t aggregated = 0;      // of how many points it is the mean, if it is one
};

}  // namespace sluice::query
