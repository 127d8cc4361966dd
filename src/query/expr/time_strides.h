// A TimeStride is ascending times as an arithmetic progression. The times that an agent writes each
// ten seconds are one of them, however many.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sluice/model/timestamp.h"

namespace sluice::query {

// Times first, first + step, ... last; step > 0.
struct TimeStride {
    model::Timestamp first = 0;
    model::Timestamp last = 0;
    std::uint64_t step = 1;
};

// Appends times, ascending and distinct, that are all later than the ones before. The last of
// strides[from, ...) may grow.
void append_times(std::span<const model::Timestamp> times, std::size_t from,
                  std::vector<TimeStride>& strides);

// Returns whether both lists have a time in common. Each is ascending.
bool have_common_time(std::span<const TimeStride> a, std::span<const TimeStride> b);

}  // namespace sluice::query
