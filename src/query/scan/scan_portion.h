// A ScanPortion is the part of a scan that is read at once: a rectangle of tag sets and times. A
// job has a copy of its own, and cores see nothing of what lies outside.
#pragma once

#include <cstdint>

#include "sluice/model/timestamp.h"

namespace sluice::query {

// A job reads tag sets [first_tag_set, end_tag_set) within `range`.
struct ScanPortion {
    std::uint32_t first_tag_set = 0;
    std::uint32_t end_tag_set = 0;
    model::TimeRange range;
};

}  // namespace sluice::query
