#include "query/expr/window.h"

namespace sluice::query {
namespace {

// At the ends of time as Go does.
std::int64_t add_wrapping(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t absolute(std::int64_t value) {
    return value < 0 ? -value : value;
}

}  // namespace

// When clocks change, a window is as much longer or shorter, unless the change is longer than a
// window is.
//
// `into` is how far t lies inside of its window by the clocks of the zone. The begin is found by
// going back as far in UTC, and is then moved by what the clocks changed on the way; the end
// likewise.
Window::Span Window::span_in_zone(model::Timestamp t) const {
    const std::int64_t shifted = t - offset_ns;
    const std::int64_t offset = zone->offset_ns(shifted);
    std::int64_t into = add_wrapping(shifted, offset) % interval_ns;
    if (into < 0) into += interval_ns;

    Span span{model::kTimestampMin, model::kTimestampMax};
    if (model::kTimestampMin + into < shifted) span.begin = shifted - into;
    const std::int64_t begin_change = offset - zone->offset_ns(span.begin);
    if (begin_change != 0 && absolute(begin_change) < interval_ns) span.begin += begin_change;
    span.begin += offset_ns;

    const std::int64_t left = interval_ns - into;
    if (model::kTimestampMax - left > shifted) span.end = shifted + left;
    const std::int64_t end_offset = zone->offset_ns(span.end);
    const std::int64_t end_change = offset - end_offset;
    if (end_change != 0 && absolute(end_change) < interval_ns) {
        // Time that is added belongs to the window before the change. Time that is skipped is taken
        // off only where the change itself lies in the window.
        if (end_change > 0 || zone->offset_ns(span.end + end_change) == end_offset) {
            span.end += end_change;
        }
    }
    span.end += offset_ns;
    return span;
}

}  // namespace sluice::query
