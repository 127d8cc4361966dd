// coordinator/points_writer.go of InfluxDB 1.12: SummariseDropped() and DroppedPoint.String().
#include "sluice/query/dropped_points_text.h"

#include <string_view>

#include "sluice/influxql/duration.h"
#include "sluice/query/value_text.h"

namespace sluice::query {
namespace {

using model::WriteBound;

std::string point_text(const model::DroppedPoints::Point& point, const model::WriteBounds& bounds) {
    std::string text = "point " + point.key + " at ";
    append_rfc3339(text, point.time);
    text += " dropped because it violates a ";
    switch (point.bound) {
        case WriteBound::kRetention:
            text += "Retention Policy Lower Bound at ";
            append_rfc3339(text, bounds.retention_min);
            break;
        case WriteBound::kPast:
            text += "Write Window Lower Bound at ";
            append_rfc3339(text, bounds.past_min());
            break;
        case WriteBound::kFuture:
            text += "Write Window Upper Bound at ";
            append_rfc3339(text, bounds.future_max());
            break;
    }
    return text;
}

}  // namespace

std::string dropped_points_text(const model::DroppedPoints& points) {
    const model::WriteBounds& bounds = points.bounds();
    const model::WriteLimits& limits = bounds.limits;
    std::string text = "dropped " + std::to_string(points.beyond_retention()) +
                       " points outside retention policy of duration " +
                       influxql::format_go_duration(bounds.duration_ns);
    if (limits.any()) {
        text +=
            " and " + std::to_string(points.outside_window()) + " points outside write window (";
        if (limits.past_ns != 0) text += "-" + influxql::format_go_duration(limits.past_ns);
        if (limits.past_ns != 0 && limits.future_ns != 0) text += " to ";
        if (limits.future_ns != 0) text += influxql::format_go_duration(limits.future_ns);
        text += ")";
    }
    return text + " - oldest " + point_text(points.oldest(), bounds) + ", newest " +
           point_text(points.newest(), bounds);
}

}  // namespace sluice::query
