// This part of CursorBuilder says what a SELECT takes over from the one around it
// (query/iterator.go: newIteratorOptionsStmt, newIteratorOptionsSubstatement).
#include <algorithm>

#include "query/select/cursor_builder.h"

namespace sluice::query {
namespace {

using influxql::FillOption;

std::vector<std::string> sorted_set(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace

CursorBuilder::Level CursorBuilder::outermost_level(const SelectNode& node) const {
    Level level;
    level.node = &node;
    const std::vector<std::string> dimensions = sorted_set(node.dimensions);
    level.grouping = std::make_shared<Grouping>(dimensions, dimensions);
    level.repeats_dimensions = dimensions.size() != node.dimensions.size();
    level.frame = node.frame;
    level.frame.window.whole_start = node.frame.time_min;
    level.fill = node.fill;
    // Null values are not written.
    if (node.has_target && level.fill.option == FillOption::kNull) {
        level.fill.option = FillOption::kNone;
    }
    level.limits = node.limits;
    return level;
}

// A subquery answers the query around it, so it takes over what that one needs to know: it groups
// by the outer dimensions as well as its own, reads no time that the outer one does not, and uses
// the outer windows unless it has its own. LIMIT and OFFSET stay where they are written, while
// those of series add up, as InfluxDB has it.
CursorBuilder::Level CursorBuilder::subquery_level(const SelectNode& node,
                                                   const Level& outer) const {
    Level level = outermost_level(node);
    std::vector<std::string> group_by = node.dimensions;
    const std::vector<std::string>& outer_group_by = outer.grouping->group_by();
    group_by.insert(group_by.end(), outer_group_by.begin(), outer_group_by.end());
    level.grouping =
        std::make_shared<Grouping>(outer.grouping->dimensions(), sorted_set(std::move(group_by)));
    level.repeats_dimensions = outer.repeats_dimensions;
    if (!node.has_time_max) level.frame.time_max = model::kTimestampMax;
    level.frame.time_min = std::max(level.frame.time_min, outer.frame.time_min);
    level.frame.time_max = std::min(level.frame.time_max, outer.frame.time_max);
    // Windows need an end: where neither query has one, they end now.
    if (!node.frame.window.is_whole() && level.frame.time_max == model::kTimestampMax) {
        level.frame.time_max = now_ns_;
    }
    if (node.frame.window.is_whole()) {
        level.frame.window.interval_ns = outer.frame.window.interval_ns;
        level.frame.window.offset_ns = outer.frame.window.offset_ns;
    }
    level.frame.window.whole_start = level.frame.time_min;
    level.limits.series_limit += outer.limits.series_limit;
    level.limits.series_offset += outer.limits.series_offset;
    level.frame.ascending = outer.frame.ascending;
    level.is_ordered = outer.is_ordered;
    // The query around it leaves null out anyway.
    if (!node.is_raw() && level.fill.option == FillOption::kNull) {
        level.fill.option = FillOption::kNone;
    }
    return level;
}

}  // namespace sluice::query
