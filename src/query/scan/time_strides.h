// Ascending times as arithmetic progressions: what an agent writes each ten seconds is one.
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

// Appends times, ascending and distinct, that are all later than those before. The last of
// strides[from, ...) may grow.
void append_times(std::span<const model::Timestamp> times, std::size_t from,
                  std::vector<TimeStride>& strides);

// Whether both have some time; each ascending.
bool have_common_time(std::span<const TimeStride> a, std::span<const TimeStride> b);

}  // namespace sluice::query
