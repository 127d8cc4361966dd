// TimeSlices decides how wide the slices of a time range are.
#include "query/scan/time_slices.h"

#include <algorithm>

#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// The distance of two times, which may be more than an int64 holds.
std::uint64_t distance(model::Timestamp a, model::Timestamp b) {
    return static_cast<std::uint64_t>(std::max(a, b)) - static_cast<std::uint64_t>(std::min(a, b));
}

}  // namespace

TimeSlices::TimeSlices(model::TimeRange all, bool ascending, std::uint64_t parts)
    : left_(all), ascending_(ascending) {
    if (left_.empty()) left_.end = left_.begin;
    width_ns_ = std::max<std::uint64_t>(1, length_left() / parts);
    too_far_ = ascending_ ? left_.begin : left_.end;
}

std::uint64_t TimeSlices::length_left() const {
    return distance(left_.begin, left_.end);
}

// A slice that was too wide has many rows somewhere before its far end, too_far_. The slices that
// follow go half of the way there, at least a nanosecond, so they are the narrower the nearer they
// come to the rows. As soon as one of them finds some, too_far_ is given up (advance).
std::uint64_t TimeSlices::width() const {
    const std::uint64_t width = std::min(width_ns_, length_left());
    const bool is_ahead = ascending_ ? too_far_ > left_.begin : too_far_ < left_.end;
    if (!is_ahead) return width;
    const std::uint64_t way = distance(too_far_, ascending_ ? left_.begin : left_.end);
    return std::min(width, std::max<std::uint64_t>(1, way / 2));
}

model::TimeRange TimeSlices::slice() const {
    SLUICE_CHECK(!at_end());
    model::TimeRange slice = left_;
    const auto at = static_cast<std::uint64_t>(ascending_ ? left_.begin : left_.end);
    if (ascending_) {
        slice.end = static_cast<model::Timestamp>(at + width());
    } else {
        slice.begin = static_cast<model::Timestamp>(at - width());
    }
    return slice;
}

void TimeSlices::advance(const model::TimeRange& taken, std::uint64_t bytes,
                         std::uint64_t bytes_max) {
    SLUICE_CHECK(!taken.empty() && taken.begin >= left_.begin && taken.end <= left_.end);
    SLUICE_CHECK(ascending_ ? taken.begin == left_.begin : taken.end == left_.end);
    (ascending_ ? left_.begin : left_.end) = ascending_ ? taken.end : taken.begin;
    const bool is_nearly_empty = bytes <= bytes_max / 16;
    if (!is_nearly_empty) too_far_ = ascending_ ? left_.begin : left_.end;
    const std::uint64_t factor = is_nearly_empty ? 8 : bytes <= bytes_max / 4 ? 2 : 1;
    // A width beyond what is left is never used, so it need not grow there, and cannot overflow.
    if (width_ns_ < length_left() / factor) width_ns_ *= factor;
}

bool TimeSlices::narrow() {
    const std::uint64_t too_wide = width();
    if (too_wide <= 1) return false;
    too_far_ = ascending_ ? slice().end : slice().begin;
    width_ns_ = std::max<std::uint64_t>(1, too_wide / 4);
    return true;
}

}  // namespace sluice::query
