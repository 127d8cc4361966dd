// A CursorBuilder makes the cursors that give the rows of a resolved SELECT (query/select.go:
// buildCursor, exprIteratorBuilder; query/subquery.go).
//
// build_rows() is one SELECT: it finds the calls and names of its columns, gives each a place in a
// row, builds a stream of points for each call, and joins them. build_call() is one call: the
// function table says of which kind it is, and each kind has a function here. build_argument() and
// build_reference() are what a call reads: another call, or a field. Fields come from a scan of
// stored rows, from subqueries, or from both, which merge_inputs() puts together. Subqueries lead
// back to build_rows().
//
// Two ways lead to a value that merges (count, sum, mean, min, max, first, last). Over stored rows
// alone, an AggregateScan computes states on all cores, and all such calls of a SELECT share one
// scan. If a subquery is among the sources, the points of each source are reduced by the call,
// merged, and reduced once more, as InfluxDB does; rounding and ties show the difference.
//
// A call whose argument has a type it cannot work on is not refused at once: InfluxDB says so when
// it meets the first series that has the field, and has no points otherwise (build_refused).
//
// Nothing is read here, and nothing of the core is touched, so that a large statement can be built
// on another thread (select_executor.cc). What is built owns copies of what it needs; only the
// node, the source and the budget are referred to, and outlive the cursors. Plans are complete when
// the building ends: the first read comes after it, and from then on other cores look at them.
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
    // All arguments outlive the cursors. `range` is the times that the whole statement may read.
    CursorBuilder(DataSource& source, SelectBudget& budget, const meta::Catalog& catalog,
                  const model::TimeRange& range, std::int64_t now_ns)
        : source_(source), budget_(budget), catalog_(catalog), range_(range), now_ns_(now_ns) {}

    struct Rows {
        std::unique_ptr<RowCursor> cursor;  // null: there are none
        std::shared_ptr<Grouping> grouping;
    };
    // Builds the outermost SELECT. `node` outlives the cursor.
    Result<Rows> build(const SelectNode& node);

private:
    // A level is a SELECT with what it takes over from the one around it, or a call with what it
    // changes for its argument (query/iterator.go: IteratorOptions). It is passed by value and
    // changed on the way down.
    struct Level {
        const SelectNode* node = nullptr;
        std::shared_ptr<Grouping> grouping;
        bool repeats_dimensions = false;  // GROUP BY of the outermost query names a tag twice
        TimeFrame frame;
        // Points of one window come in the order of time, whichever series they are of. InfluxDB
        // asks for that where a function needs it; otherwise it takes the series one by one.
        bool is_ordered = true;
        Fill fill;
        Limits limits;
        // LIMIT and OFFSET of the query, as far as they reach the rows that top() and bottom()
        // read. 0 means that these read all rows.
        std::int64_t group_rows_max = 0;
        std::vector<influxql::VarRef> auxiliary;  // sorted
        // The level has a single call, which is a selector. It then keeps the time of the row that
        // it selects.
        bool is_selector = false;
        // If this is set, the points of each source are reduced by this call before they are
        // merged; the caller reduces them again (query/select.go: callIterator).
        const influxql::Call* source_call = nullptr;
        // The grouping of the rows, which a call may change if they are written into a target.
        std::shared_ptr<Grouping>* target_grouping = nullptr;
        // The scans of stored rows that calls of the level share.
        std::shared_ptr<std::vector<std::shared_ptr<AggregateScan>>> scans;
    };
    using Points = std::unique_ptr<PointCursor>;

    // Both say what a SELECT means before its calls change anything.
    Level outermost_level(const SelectNode& node) const;
    Level subquery_level(const SelectNode& node, const Level& outer) const;
    Result<Rows> build_rows(const SelectNode& node, Level level);

    // Builds the points of names without functions: all auxiliary values, and no value. Null means
    // that there are none, here and below.
    Result<Points> build_auxiliary(const Level& level);
    // Builds the points of one field, with its value and the auxiliary values.
    Result<Points> build_reference(const influxql::VarRef& ref, const Level& level);
    // Builds the points of stored rows; `driver` is the field whose value they have.
    std::vector<Points> build_scans(SelectPlan plan, const Level& level,
                                    std::optional<std::uint32_t> driver);
    Result<Points> merge_inputs(std::vector<Points> scans, const Level& level,
                                const influxql::VarRef* value);
    // Builds the points of one subquery. Null means that it does not have `value` at all; a
    // subquery that has it but gives no rows has points nevertheless, which are none.
    Result<Points> build_subquery(const SelectNode& node, const Level& level,
                                  const influxql::VarRef* value);
    // Builds the points of a call that cannot work on the type of its field. `input` is the points
    // it would have had.
    Points build_refused(const influxql::VarRef& ref, const Level& level, Error error,
                         Points input = nullptr);
    // Builds what a call reads, and checks that the call can work on it.
    Result<Points> build_argument(const influxql::Call& call, const Level& level);
    Result<Points> build_call(const influxql::Call& call, Level level);
    // One for each FunctionKind. They differ in what is below a call (states of all cores, or
    // points) and in what is above it (windows, fill(), or the times of the function itself).
    Result<Points> build_mergeable(const influxql::Call& call, const Level& level);
    Result<Points> build_reduction(const influxql::Call& call, const Level& level);
    Result<Points> build_transformation(const influxql::Call& call, Level level);
    Result<Points> build_forecast(const influxql::Call& call, Level level);
    Result<Points> build_top(const influxql::Call& call, const Level& level);
    // Reduces points by window and tag set. `sets_time` gives results the time of their window.
    Result<Points> reduce(Points input, const influxql::Call& call, const Level& level,
                          bool sets_time);
    // Gives windows without a point one, as fill() says; without GROUP BY time() it adds nothing.
    Points fill(Points input, const influxql::Call& call, const Level& level) const;
    Points scan_aggregate(const influxql::Call& call, const Level& level, bool keeps_time) const;
    std::unique_ptr<TieBreaker> tie_breaker(const AggregateCall& call, const influxql::VarRef& ref,
                                            const Level& level) const;
    // Makes the plan of a scan of the level: sources, times, condition, inputs. Calls and fields
    // are added by the caller.
    SelectPlan scan_plan(const Level& level) const;

    DataSource& source_;
    SelectBudget& budget_;
    const meta::Catalog& catalog_;
    const model::TimeRange range_;
    const std::int64_t now_ns_;
};

}  // namespace sluice::query
