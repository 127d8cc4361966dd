// What a SELECT says of its rows as a whole, in the shape in which every step from the statement to
// a scan passes it on: which times it reads, and how many rows and series of them it shows.
#pragma once

#include <cstdint>

#include "query/expr/window.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

// The times, the window and the order of a query.
struct TimeFrame {
    Window window;
    // Both inclusive.
    model::Timestamp time_min = model::kTimestampMin;
    model::Timestamp time_max = model::kTimestampMax;
    bool ascending = true;
};

// LIMIT and OFFSET count the rows of each series of the answer, SLIMIT and SOFFSET these series. 0
// means that there is none; but SOFFSET without SLIMIT leaves no series, as in InfluxDB.
struct Limits {
    std::int64_t limit = 0;
    std::int64_t offset = 0;
    std::int64_t series_limit = 0;
    std::int64_t series_offset = 0;

    bool counts_rows() const { return limit > 0 || offset > 0; }
    bool counts_series() const { return series_limit != 0 || series_offset != 0; }
};

}  // namespace sluice::query
