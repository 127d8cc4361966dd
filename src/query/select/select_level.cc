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
    level.window = node.window;
    level.window.whole_start = node.time_min;
    level.time_min = node.time_min;
    level.time_max = node.time_max;
    level.ascending = node.ascending;
    level.fill = node.fill;
    // Null values are not written.
    if (node.has_target && level.fill.option == FillOption::kNull) {
        level.fill.option = FillOption::kNone;
    }
    level.limit = node.limit;
    level.offset = node.offset;
    level.series_limit = node.series_limit;
    level.series_offset = node.series_offset;
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
    if (!node.has_time_max) level.time_max = model::kTimestampMax;
    level.time_min = std::max(level.time_min, outer.time_min);
    level.time_max = std::min(level.time_max, outer.time_max);
    // Windows need an end: where neither query has one, they end now.
    if (!node.window.is_whole() && level.time_max == model::kTimestampMax) {
        level.time_max = now_ns_;
    }
    if (node.window.is_whole()) {
        level.window.interval_ns = outer.window.interval_ns;
        level.window.offset_ns = outer.window.offset_ns;
    }
    level.window.whole_start = level.time_min;
    level.series_limit += outer.series_limit;
    level.series_offset += outer.series_offset;
    level.ascending = outer.ascending;
    level.is_ordered = outer.is_ordered;
    // The query around it leaves null out anyway.
    if (!node.is_raw() && level.fill.option == FillOption::kNull) {
        level.fill.option = FillOption::kNone;
    }
    return level;
}

}  // namespace sluice::query
