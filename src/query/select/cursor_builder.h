// From a resolved SELECT to the cursors that give its rows (query/select.go: buildCursor,
// exprIteratorBuilder; query/subquery.go).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "query/compile/select_node.h"
#include "query/functions/reducer.h"
#include "query/points/aggregate_scan.h"
#include "query/points/row_cursor.h"
#include "query/scan/select_budget.h"

namespace sluice::query {

class CursorBuilder {
public:
    // Everything outlives the cursors. `range` is what the whole statement may read.
    CursorBuilder(DataSource& source, SelectBudget& budget, const model::TimeRange& range,
                  std::int64_t now_ns)
        : source_(source), budget_(budget), range_(range), now_ns_(now_ns) {}

    struct Rows {
        std::unique_ptr<RowCursor> cursor;  // null: there are none
        std::shared_ptr<Grouping> grouping;
    };
    // Of the outermost SELECT. `node` outlives the cursor.
    Result<Rows> build(const SelectNode& node);

private:
    // A SELECT with what it takes over from the one around it, or a call with what it changes
    // (query/iterator.go: IteratorOptions).
    struct Level {
        const SelectNode* node = nullptr;
        std::shared_ptr<Grouping> grouping;
        bool repeats_dimensions = false;  // GROUP BY of the outermost query names a tag twice
        Window window;
        model::Timestamp time_min = 0;
        model::Timestamp time_max = 0;
        bool ascending = true;
        bool is_ordered = true;
        Fill fill;
        std::int64_t limit = 0;
        std::int64_t offset = 0;
        // LIMIT and OFFSET of the query, as they reach the rows that top() and bottom() read.
        std::int64_t group_rows_max = 0;
        std::int64_t series_limit = 0;
        std::int64_t series_offset = 0;
        std::vector<influxql::VarRef> auxiliary;  // sorted
        // The one call of the level keeps the time of the row it selects.
        bool is_selector = false;
        // Not null: the points of each source are reduced by this call before they are merged, and
        // by it again (query/select.go: callIterator).
        const influxql::Call* source_call = nullptr;
        // A call whose rows are written may change how they are grouped.
        std::shared_ptr<Grouping>* target_grouping = nullptr;
        // Scans that calls of the level share.
        std::shared_ptr<std::vector<std::shared_ptr<AggregateScan>>> scans;

        TimeFrame frame() const { return {window, time_min, time_max, ascending}; }
    };
    using Points = std::unique_ptr<PointCursor>;

    Level outermost_level(const SelectNode& node) const;
    Level subquery_level(const SelectNode& node, const Level& outer) const;
    Result<Rows> build_rows(const SelectNode& node, Level level);

    // Null: there are no points.
    Result<Points> build_auxiliary(const Level& level);
    Result<Points> build_reference(const influxql::VarRef& ref, const Level& level);
    std::vector<Points> build_scans(SelectPlan plan, const Level& level,
                                    std::optional<std::uint32_t> driver);
    Result<Points> merge_inputs(std::vector<Points> scans, const Level& level,
                                const influxql::VarRef* value);
    Result<Points> build_subquery(const SelectNode& node, const Level& level,
                                  const influxql::VarRef* value);
    // The points of a call that cannot work on the type of its field, whose own points are `input`.
    Points build_refused(const influxql::VarRef& ref, const Level& level, Error error,
                         Points input = nullptr);
    Result<Points> build_argument(const influxql::Call& call, const Level& level);
    Result<Points> build_call(const influxql::Call& call, Level level);
    Result<Points> build_mergeable(const influxql::Call& call, const Level& level);
    Result<Points> build_reduction(const influxql::Call& call, const Level& level);
    Result<Points> build_transformation(const influxql::Call& call, Level level);
    Result<Points> build_forecast(const influxql::Call& call, Level level);
    Result<Points> build_top(const influxql::Call& call, const Level& level);
    Result<Points> reduce(Points input, const influxql::Call& call, const Level& level,
                          bool sets_time);
    Points fill(Points input, const influxql::Call& call, const Level& level) const;
    Points scan_aggregate(const influxql::Call& call, const Level& level, bool keeps_time) const;
    std::unique_ptr<TieBreaker> tie_breaker(const AggregateCall& call, const influxql::VarRef& ref,
                                            const Level& level) const;
    SelectPlan scan_plan(const Level& level) const;

    DataSource& source_;
    SelectBudget& budget_;
    const model::TimeRange range_;
    const std::int64_t now_ns_;
};

}  // namespace sluice::query
